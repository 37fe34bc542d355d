"""Errors of founding an organisation."""

from __future__ import annotations

from app.errors import Conflict, Forbidden, Invalid


class RootWordsWrong(Forbidden):
    """The words are not those of this organisation's root."""

    code = "organisation.root_wrong"
    title = "These are not the words of the organisation's root"


class OrganisationFounded(Conflict):
    """The database holds an organisation already."""

    code = "organisation.founded"
    title = "There is an organisation in this database already"


class TeamMissing(Invalid):
    """A case belongs to a team, so there must be one."""

    code = "organisation.team_missing"
    title = "There must be a team"
