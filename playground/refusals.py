"""How a call can end badly: refusals in Telegram's words, and connections that break. Never decides when."""

from typing import Any


class Refusal(Exception):
    """Telegram said no. `description` is the text as sent, `code` the HTTP status and `error_code`."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(reason: str) -> Refusal:
    return Refusal(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> Refusal:
    return Refusal(403, f"Forbidden: {reason}")


def unauthorized() -> Refusal:
    return Refusal(401, "Unauthorized")


def not_found() -> Refusal:
    return Refusal(404, "Not Found")


def conflict(reason: str) -> Refusal:
    return Refusal(409, f"Conflict: {reason}")


def too_many(retry_after: int) -> Refusal:
    """`retry_after` in whole seconds, at least 1, as Telegram sends it."""
    return Refusal(429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after})


def migrated(new_chat_id: int) -> Refusal:
    return Refusal(
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        {"migrate_to_chat_id": new_chat_id},
    )


class ConnectionCutError(Exception):
    """The connection ends without an answer. `handled` tells whether the call took effect before the cut."""

    def __init__(self, *, handled: bool) -> None:
        super().__init__("connection cut after handling" if handled else "connection cut before handling")
        self.handled = handled


class NeverAnswersError(Exception):
    """The server keeps the connection open and stays silent; the caller runs into its own time-out."""


class GatewayError(Exception):
    """A front server answers in Telegram's place, with HTML, as the real ones do when they are in trouble."""

    def __init__(self, status: int) -> None:
        super().__init__(f"gateway says {status}")
        self.status = status
        reason = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}.get(status, "Error")
        self.body = (
            f"<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n<center><h1>{status} {reason}"
            "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        ).encode()
