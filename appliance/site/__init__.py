"""The site model: the file that describes a centre, checked whole, and the plan the core works from.

It knows files, languages' texts and the backends' settings; the core knows none of these.
"""

from appliance.site.model import FileOf, Site, load_site

__all__ = ["FileOf", "Site", "load_site"]
