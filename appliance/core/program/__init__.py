"""Call flows as data: what a flow is made of, the texts it speaks, the expressions it decides with, and what is wrong in one.

    expressions   conditions and figures over variables, without any code        nodes     what a node does, and how it is left
    texts         what is said, with values in it                                analysis  what would go wrong in a flow, before a call does
    kinds         what callers key, and what values mean

README.md is the page for who writes them. The files they are written in are `appliance.site.flow_file`; who walks a caller through one is
`appliance.core.flows.walk`.
"""
