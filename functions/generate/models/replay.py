"""What an order of a replay takes."""

from likeness.wire import Body


class ReplayRequest(Body):
    """Nothing: a replay is ordered exactly as its picture was."""
