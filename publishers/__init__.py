"""WHERE a disclosure goes: the channel port, the four channels, the delivery ledger."""
