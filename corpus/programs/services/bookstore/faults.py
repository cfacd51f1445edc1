"""The switchable faults: one system, one `--fault NAME`, so that BEFORE and AFTER differ in nothing else.

| name            | what it does                                                            | truth (service: operation)                 |
|-----------------|-------------------------------------------------------------------------|--------------------------------------------|
| none            | the system as it should be                                              |                                            |
| n-plus-one      | the order list queries the items per order, not by one JOIN (the plant) | orders: SELECT bookstore.order_items       |
| slow-dependency | pricing takes 25 ms longer to answer a quote                            | pricing: POST /quote                       |
| delayed-link    | what orders sends to pricing is 20 ms under way; pricing is as fast     | orders: POST pricing (client span)         |
| lost-index      | the index over order_items.order_id is gone                             | orders: SELECT bookstore.orders (the JOIN) |
| pool-of-one     | orders has one database connection, lent for a whole request            | orders: self of the server spans           |
| retry-storm     | catalogue refuses two of three stock requests; orders tries again       | orders: POST catalogue (client span)       |
| cpu-burn        | gateway spends 8 ms of CPU rendering an order list                      | gateway: self of GET /orders and GET /start |

`pool-of-one` needs parallel customers to be felt (`--clients 12`).

To add one: a name here and in KNOWN, and one comparison where it acts.
"""

KNOWN = ("none", "n-plus-one", "slow-dependency", "delayed-link", "lost-index", "pool-of-one", "retry-storm", "cpu-burn")
