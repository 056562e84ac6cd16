"""A kernel for the tests."""

import pytest
from jupyter_client.manager import start_new_kernel

from helpers import Kernel


@pytest.fixture(scope="module")
def kernel():
    """A kernel that a module's tests share."""
    km, kc = start_new_kernel(kernel_name="go")
    yield Kernel(km, kc)
    kc.stop_channels()
    km.shutdown_kernel()


@pytest.fixture
def fresh():
    """A kernel for one test, which may end it."""
    km, kc = start_new_kernel(kernel_name="go")
    yield Kernel(km, kc)
    kc.stop_channels()
    if km.has_kernel:
        km.shutdown_kernel(now=not km.is_alive())
