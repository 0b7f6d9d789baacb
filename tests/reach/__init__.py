import pytest

pytest.register_assert_rewrite("tests.reach.ways")  # so that what differs is shown
