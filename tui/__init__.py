"""The screens of agents and supervisors: programs that know nothing but the appliance's HTTP and WebSocket API.

There are none yet; agents log in and out by dialling codes on their phones.
"""
