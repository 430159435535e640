"""Parkdeck, the appliance: a pure core that decides, adapters that do, a runtime between them."""
