"""A refusal: why something that somebody asked for cannot be done, sentence by sentence."""

from contracts.schedule import Refused


class Refusal(Exception):
    """Something cannot be done so; nothing was stored. `refused` says why, each sentence with the field it concerns.

    A sentence that concerns no field may be given as plain text.
    """

    def __init__(self, *refused: Refused | str):
        self.refused = tuple(Refused("", "", one) if isinstance(one, str) else one for one in refused)
        super().__init__(" ".join(dict.fromkeys(one.message for one in self.refused)))
