"""Which language and direction a text has, for the pages that show it. Pure."""

OURS = "en"  # of the words of the interface
RIGHT_TO_LEFT_LANGUAGES = {"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "syr", "ug", "ur", "yi"}
RIGHT_TO_LEFT_SCRIPTS = {"Arab", "Hebr", "Nkoo", "Syrc", "Thaa"}


def direction_of(language: str) -> str:
    """ "rtl" where the language is written from right to left."""
    script = {part.title() for part in language.split("-")[1:] if len(part) == 4}
    if script:
        return "rtl" if script & RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if language.split("-")[0].lower() in RIGHT_TO_LEFT_LANGUAGES else "ltr"


def attributes_of(language: str) -> dict[str, str]:
    """What an element that holds a text of this language says of it, among words of the interface."""
    if not language or language.split("-")[0].lower() == OURS:
        return {}
    return {"lang": language} | ({"dir": "rtl"} if direction_of(language) == "rtl" else {})
