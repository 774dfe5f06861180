"""Data that the package brings along: digits.npz, 1,797 handwritten digits of 8x8.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (1998), UCI
Machine Learning Repository, https://doi.org/10.24432/C50P49, licence CC BY 4.0; its
test set, in the copy of scikit-learn 1.9.1.  Made by

    pip download --no-deps scikit-learn==1.9.1
    unzip -p scikit_learn-*.whl sklearn/datasets/data/digits.csv.gz > digits.csv.gz
    python -c "import numpy as np
    a = np.loadtxt('digits.csv.gz', delimiter=',').astype(np.uint8)
    images, labels = a[:, :64].reshape(-1, 8, 8), a[:, 64]
    np.savez_compressed('digits.npz', images=images, labels=labels)"

images: (1797, 8, 8), row by row, 0 for paper to 16 for ink; labels: (1797,), 0 to 9.
"""

from importlib import resources

import numpy as np


def digits():
    """(images, labels), as above."""
    path = resources.files(__name__) / "digits.npz"
    with path.open("rb") as file, np.load(file) as arrays:
        return arrays["images"], arrays["labels"]
