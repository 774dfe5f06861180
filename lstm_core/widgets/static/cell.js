function render() { return () => {}; }
export default { render };
