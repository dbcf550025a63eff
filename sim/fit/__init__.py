"""`./hotline sim fit`: what a scenario has to say so that its day is like a recorded one.

samples.py     what a trace tells of each: first calls by number, waits, talks, wrap-ups, who called again
rates.py       calls an hour by the time and day, and how much busier than chance alone days and intervals are (moments)
shapes.py      lengths of time: maximum likelihood, with censoring, and the shape by Akaike's criterion; Kaplan and Meier's curve
fitted.py      all of it together, as the tables of a scenario
telling.py     and as text, with pictures
commands.py    the command
"""
