"""A check-up of what settings lead to."""

import time

from arcwatch.doctor.examine import examine
from arcwatch.doctor.picture import Picture
from arcwatch.doctor.table import CHECKS
from arcwatch.engine.check_up import ask_settings
from arcwatch.engine.engine import Engine
from arcwatch.store.store import Store


async def states(found):
    """What each check came to, by its id."""
    store = Store()
    await Engine(found, store).sample_twice(0.1, details=(None,))
    asked = None
    if found.pulsar_admin:
        asked = await ask_settings(found, store, lambda done, whole: None)
    report = examine(Picture(store, time.time(), asked), CHECKS, ())
    return {result.check.id: result for result in report.results}
