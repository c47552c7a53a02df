"""What runs a Python function in a Sparkler sandbox, as AWS Lambda's runtime runs it there.

A function is a module with `def handler(event, context)`; it imports nothing of this package. The build
puts the package beside the function: `function.py` is where the host enters.
"""

from . import network

# Before anything is imported that opens sockets, such as `asyncio`.
network.take_charge()
