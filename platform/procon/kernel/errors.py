"""What a command says when it will not do what was asked. Sentences are for the person."""

from collections.abc import Mapping


class Refused(Exception):
    """The act was not done. `reason` is a plain Portuguese sentence, `code` a short slug."""

    def __init__(self, reason: str, code: str = "refused") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Invalid(Refused):
    """What was typed cannot be used. `fields` maps each form field to its own sentence."""

    def __init__(
        self,
        fields: Mapping[str, str],
        reason: str = "Confira os campos indicados e tente de novo.",
    ) -> None:
        super().__init__(reason, "invalid")
        self.fields = dict(fields)


class NotFound(Refused):
    """Nothing here, or nothing that this person may know of (another tenant's object too)."""

    def __init__(
        self, reason: str = "Não encontramos o que você procura.", code: str = "not-found"
    ) -> None:
        super().__init__(reason, code)


class Forbidden(Refused):
    """It exists, but this person may not do this with it."""

    def __init__(
        self, reason: str = "Você não tem permissão para fazer isso.", code: str = "forbidden"
    ) -> None:
        super().__init__(reason, code)


class LoginNeeded(Refused):
    """Nobody is signed in, and this is not for everybody."""

    def __init__(
        self, reason: str = "Entre na sua conta para continuar.", code: str = "login-needed"
    ) -> None:
        super().__init__(reason, code)


class Conflict(Refused):
    """Somebody else changed it first, or its present state does not allow the act."""

    def __init__(
        self,
        reason: str = "Isso mudou enquanto você trabalhava. Atualize a página e tente de novo.",
        code: str = "conflict",
    ) -> None:
        super().__init__(reason, code)
