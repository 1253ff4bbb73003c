"""System calls of a real sweep fail one after the other, or kill it, and nothing in the program is changed for that.

Whichever it is: nothing is sent once it failed, every deletion that was asked for has its intent, the exit code is one that is
documented, and healthy sweeps finish the work. A fault that is never reached fails its test.
"""
