"""A person's window on the page, as somebody in front of it would find their way."""

from dataclasses import dataclass

from playwright.async_api import Locator, Page


@dataclass(frozen=True, slots=True)
class Window:
    """Everything is found by what it is and says, as a screen reader would."""

    page: Page
    name: str

    @property
    def region(self) -> Locator:
        return self.page.get_by_role("region", name=self.name, exact=True)

    @property
    def log(self) -> Locator:
        return self.region.get_by_role("log")

    @property
    def composer(self) -> Locator:
        return self.region.get_by_role("textbox", name=f"Message from {self.name}")

    @property
    def newest(self) -> Locator:
        """The newest message, or album."""
        return self.log.locator("li.message").last

    @property
    def said(self) -> Locator:
        """What passes: toasts, copied texts, refusals."""
        return self.region.get_by_role("status")

    def message(self, text: str) -> Locator:
        return self.log.locator("li.message", has_text=text)

    def button(self, name: str) -> Locator:
        return self.region.get_by_role("button", name=name, exact=True)

    async def writes(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def sets(self, item: str) -> None:
        """Choose from the window's own menu."""
        await self.button(f"Settings for {self.name}").click()
        await self.page.get_by_role("menuitem", name=item).click()

    async def does(self, item: str, message: Locator) -> None:
        """Choose from a message's menu."""
        await message.hover()
        await message.get_by_role("button", name="What can be done with this message").click()
        await self.page.get_by_role("menuitem", name=item).click()
