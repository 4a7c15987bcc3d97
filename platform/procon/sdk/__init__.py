"""What a plugin may import. Every name here is a promise: changing one needs a changelog line."""

from __future__ import annotations

from procon.auth.actor import SYSTEM, Actor
from procon.auth.http import actor_of
from procon.auth.ratelimit import allow, subject
from procon.cases.access import get_case, side_of
from procon.cases.moves import move, record_act
from procon.cases.queries import CaseDetail
from procon.ext.events import ActRecorded, CaseMoved, Event
from procon.ext.plugin import API, Health, MenuItem, Plugin, Refusal
from procon.ext.services import MailLine, NotNow, Returned, Services, services_of
from procon.ext.slots import Action, Panel, SettingsLink
from procon.ext.workflow import BACK, STAY, CaseTransition, State, Transition, Workflow
from procon.jobs.outbox import Work, put_out
from procon.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from procon.kernel.ids import new_id
from procon.kernel.text import clean, search_key
from procon.notices.commands import write_message
from procon.portal.render import date_and_hour, page, redirect
from procon.tenancy.ddl import sql_migration
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.keys import key, object_key
from procon.tenancy.manifest import Tenant
from procon.tenancy.migrate import APPEND_ONLY
from procon.tenancy.scope import Database, Tx, tenant_scope

__all__ = [
    "API",
    "APPEND_ONLY",
    "BACK",
    "STAY",
    "SYSTEM",
    "ActRecorded",
    "Action",
    "Actor",
    "CaseDetail",
    "CaseMoved",
    "CaseTransition",
    "Conflict",
    "Database",
    "Event",
    "Forbidden",
    "Health",
    "Invalid",
    "MailLine",
    "MenuItem",
    "NotFound",
    "NotNow",
    "Panel",
    "Plugin",
    "Refusal",
    "Refused",
    "Returned",
    "Services",
    "SettingsLink",
    "State",
    "Tenant",
    "Transition",
    "Tx",
    "Work",
    "Workflow",
    "actor_of",
    "allow",
    "clean",
    "date_and_hour",
    "get_case",
    "key",
    "move",
    "new_id",
    "object_key",
    "page",
    "put_out",
    "record_act",
    "redirect",
    "request_scope",
    "search_key",
    "services_of",
    "side_of",
    "sql_migration",
    "subject",
    "tenant_of",
    "tenant_scope",
    "write_message",
]
