"""The products, their aliases, and the prices of today."""

import bisect
import random


class Catalogue:
    def __init__(self, rng: random.Random, change: str):
        self.change = change
        self.aliases = [f"{chr(65 + index % 26)}{chr(65 + index // 26 % 26)}-{index:04}" for index in range(200)]
        self.products = {alias: index // 4 for index, alias in enumerate(self.aliases)}
        self.discounts = sorted((rng.randint(100, 90_000), rng.randint(0, 30)) for _ in range(40))
        self.thresholds = [threshold for threshold, _ in self.discounts]

    def normalise_alias(self, text: str) -> str:
        return "".join(character for character in text if character not in " .\t").upper()

    def resolve_alias(self, text: str) -> int:
        """The product an alias stands for.

        With `alias-scan` every alias is compared in turn.
        """
        wanted = self.normalise_alias(text)
        if self.change == "alias-scan":
            for alias, product in self.products.items():
                if alias == wanted:
                    return product
        return self.products[wanted]

    def discount_for(self, cents: int) -> int:
        index = bisect.bisect_right(self.thresholds, cents)
        return self.discounts[index - 1][1] if index else 0

    def price(self, cents: int, quantity: int) -> tuple:
        gross = cents * quantity
        net = gross * (100 - self.discount_for(gross)) // 100
        return net, self.tax_on(net)

    def tax_on(self, net: int) -> int:
        tax, rest = 0, net
        for limit, percent in ((5_000, 7), (20_000, 12), (60_000, 17), (10**9, 22)):
            part = min(rest, limit)
            tax += part * percent
            rest -= part
        return (tax + 50) // 100
