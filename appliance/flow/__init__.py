"""`./hotline flow`: what integrators do with call flows before a caller meets them.

    check   everything that is wrong in a flow, with its line        graph     the flow as a picture, with the counts of real callers
    try     be the caller, in the terminal                           counts    visits and drop-off of each node

The flows themselves are files of a site (`appliance.site.flow_file`); who walks callers through them is the core.
"""
