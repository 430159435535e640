"""The phones of a company: started when first wanted, kept, and as new for each test."""

from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.phone import Phone
from tests.lab.registrar import Registrar


class Phones:
    """All phones of one PBX by their account: `phones["101"]`, `phones["customer"]`."""

    def __init__(self, pbx: Registrar, folder: Path) -> None:
        self._pbx = pbx
        self._folder = folder
        self._phones: dict[str, Phone] = {}

    def __getitem__(self, account: str) -> Phone:
        """Return a phone that is registered and ready."""
        return self.get(account)[0]

    def get(self, *accounts: str) -> list[Phone]:
        """Return several; those that are new start at the same time."""
        new = [account for account in accounts if account not in self._phones]
        for account in new:
            phone = Phone(self._pbx.line(account), self._pbx.server, self._folder / account)
            self._phones[account] = phone
            phone.start(wait=False)
        for account in new:
            self._phones[account].wait_ready()
        return [self._phones[account] for account in accounts]

    def reset(self) -> None:
        """End every call, forget everything; what has died is let go and starts anew when wanted."""
        for account, phone in list(self._phones.items()):
            if phone.alive:
                phone.reset()
            else:
                phone.stop()
                del self._phones[account]

    def stop(self) -> None:
        """Stop them all."""
        for phone in self._phones.values():
            phone.stop()
        self._phones.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
