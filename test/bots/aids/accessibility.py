"""What a screen reader, a switch or a voice command asks of Chromium by AT-SPI, an argument each:
`press:NAME` does the first action of the button, `type:TEXT` lets the registry type. Chromium offers no EditableText. Prints
what was answered."""
import random
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi


def find(accessible, name):
    if accessible is None:
        return None
    if accessible.get_role() == Atspi.Role.PUSH_BUTTON and accessible.get_name() == name:
        return accessible
    for at in range(accessible.get_child_count()):
        found = find(accessible.get_child_at_index(at), name)
        if found is not None:
            return found
    return None


chance = random.Random(1)
desktop = Atspi.get_desktop(0)
for wish in sys.argv[1:]:
    verb, _, rest = wish.partition(":")
    if verb == "press":
        answer = find(desktop, rest).get_action_iface().do_action(0)
    else:
        answer = Atspi.generate_keyboard_event(0, rest, Atspi.KeySynthType.STRING)
    print(wish, answer, flush=True)
    time.sleep(chance.uniform(1.1, 2.2))
