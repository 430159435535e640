"""Real parts for the end-to-end tests: one PBX and one loudspeaker for all, phones that are as new for each test, boxes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab.box import Box, Json, company_config
from tests.lab.loudspeaker import Loudspeaker
from tests.lab.pbx import VARIABLE, Asterisk, rootfs
from tests.lab.phones import Phones
from tests.lab.ports import Ports
from tests.lab.sipp import Sipp

Change = Callable[[Json], object]


@pytest.fixture(scope="session")
def pbx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """The company's PBX."""
    if rootfs() is None:
        pytest.fail(f"{VARIABLE} names no root file system with Asterisk: run scripts/test")
    with Asterisk(tmp_path_factory.mktemp("pbx")) as asterisk:
        yield asterisk


@pytest.fixture(scope="session")
def loudspeaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loudspeaker]:
    """The loudspeaker of zone shop, listened to from the first test to the last."""
    with Loudspeaker(tmp_path_factory.mktemp("pa")) as speaker:
        yield speaker


@pytest.fixture(scope="session")
def _phones(pbx: Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phones]:
    with Phones(pbx, tmp_path_factory.mktemp("phones")) as phones:
        yield phones


@pytest.fixture
def phones(_phones: Phones, pbx: Asterisk) -> Iterator[Phones]:
    """The company's phones, without a call and without a past; after the test no channel is left at the PBX."""
    yield _phones
    _phones.reset()
    pbx.wait_idle()


@pytest.fixture
def callers(pbx: Asterisk, tmp_path: Path) -> Iterator[Callable[..., Sipp]]:
    """SIPp against the PBX: `callers("101", calls=5, hold=2.0)`; further arguments as `Sipp`."""
    with ExitStack() as stack:

        def start(number: str, *, target: str = "", **settings) -> Sipp:
            folder = tmp_path / f"sipp-{number.strip('*#')}-{len(list(tmp_path.iterdir()))}"
            return stack.enter_context(Sipp(target or pbx.server, number, folder, **settings))

        yield start


@pytest.fixture(scope="module")
def _box(
    request: pytest.FixtureRequest,
    pbx: Asterisk,
    loudspeaker: Loudspeaker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Box]:
    change = getattr(request.module, "configure", lambda _: None)
    with Ports() as ports:
        config = company_config(pbx, ports)
        change(config)
        with Box(tmp_path_factory.mktemp("box"), config, environment=loudspeaker.environment()) as box:
            yield box


@pytest.fixture
def box(_box: Box, phones: Phones) -> Iterator[Box]:
    """The box, one for all tests of a file; after each no leg and no parked call is left.

    It is configured as delivered, or as the file's `configure(config)` changes that.
    """
    _box.events.clear()
    yield _box
    phones.reset()
    _box.wait_idle()


@pytest.fixture
def start_box(
    pbx: Asterisk, phones: Phones, loudspeaker: Loudspeaker, tmp_path: Path
) -> Iterator[Callable[[Change], Box]]:
    """A box of its own for one test: `start_box(lambda config: config["park"].update(recall_after=30))`.

    Not in a file that has the fixture `box` too: both are extension 800. After the test no leg is left.
    """
    boxes: list[Box] = []
    with ExitStack() as stack:

        def start(change: Change = lambda _: None, *, registered: bool = True) -> Box:
            config = company_config(pbx, stack.enter_context(Ports()))
            change(config)
            box = Box(tmp_path / "box", config, environment=loudspeaker.environment())
            stack.callback(box.stop)
            boxes.append(box.start(registered=registered))
            return box

        yield start
        phones.reset()
        for box in boxes:
            box.wait_idle()
