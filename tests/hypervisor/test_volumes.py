"""Where a storage pool's volume is, asked of libvirt's own test hypervisor."""

import libvirt
import pytest

from bot.hypervisor.volumes import volume_paths

VOLUME = "<volume><name>web1.img</name><capacity>1048576</capacity></volume>"


@pytest.fixture
def connection():
    connection = libvirt.open("test:///default")
    yield connection
    connection.close()


def test_a_volume_is_where_its_pool_says_and_of_what_is_not_there_nothing_is_said(connection):
    pool = connection.storagePoolLookupByName("default-pool")
    volume = pool.createXML(VOLUME)
    try:
        path_of = volume_paths(connection)
        assert path_of("default-pool", "web1.img") == volume.path() == "/default-pool/web1.img"
        assert path_of("default-pool", "db1.img") is None
        assert path_of("gone", "web1.img") is None
    finally:
        volume.delete()
