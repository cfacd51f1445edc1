"""Four HTTP services on loopback, instrumented with OpenTelemetry, and the load that is sent to them.

gateway -> orders -> catalogue, pricing; gateway -> catalogue. All but the gateway query one SQLite database.
"""
