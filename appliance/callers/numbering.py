"""Numbering plans of countries, from the tables of Google's libphonenumber; the core is given them as plain values."""

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata

from appliance.core.plan import NumberingPlan

__all__ = ["is_country", "numbering_of"]


def is_country(country: str) -> bool:
    """Whether there is a numbering plan for this country (ISO 3166, two letters)."""
    return country in phonenumbers.SUPPORTED_REGIONS


@lru_cache
def numbering_of(country: str) -> NumberingPlan:
    """The plan of one country, and what numbers look like abroad; without a country, or with an unknown one: none."""
    own = PhoneMetadata.metadata_for_region(country) if is_country(country) else None
    if own is None:
        return NumberingPlan()
    short = PhoneMetadata.short_metadata_for_region(country)
    abroad = own.international_prefix or ""
    return NumberingPlan(
        country_code=str(own.country_code),
        trunk=own.national_prefix or "",
        abroad=next((prefix for prefix in abroad.split("|") if prefix.isdigit()), "00"),
        national=_expression(own.general_desc),
        mobile=_expression(own.mobile),
        short=_expression(short.general_desc if short is not None else None),
        local=tuple(own.general_desc.possible_length_local_only) if own.general_desc is not None else (),
        countries={str(code): _numbers_of(code, regions[0]) for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()},
    )


def _numbers_of(code: int, region: str) -> str:
    """What numbers look like behind a country code; the main region's table covers all that share the code."""
    world = phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
    found = PhoneMetadata.metadata_for_nongeo_region(code) if region == world else PhoneMetadata.metadata_for_region(region)
    return _expression(found.general_desc if found is not None else None)


def _expression(numbers: phonenumbers.PhoneNumberDesc | None) -> str:
    """The regular expression of a kind of numbers; empty, which no number matches: there are none of it."""
    return (numbers.national_number_pattern or "") if numbers is not None else ""
