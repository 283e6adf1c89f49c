"""A check-up of configuration and state: pure functions over what is known.

Core NATS requests without a responder are no check: nats-server 2.15.1 tells the client that asked
(``server/client.go``, after ``didDeliver``) and counts them neither in ``/varz`` nor ``/accstatz``;
``/subsz?test=`` answers about one subject that is known, and ``no_interest_count`` of ``/gatewayz``
is about gateways.  To learn which subjects are published one has to subscribe: that is interest.
Of JetStream ``js-unserved`` has a figure: push consumers whose subject nobody subscribes to.
"""
