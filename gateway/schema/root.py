"""The public schema: one list of everything that clients may ask for, and how it is built."""

import strawberry
from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema, Undefined
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig

from gateway.context import Info
from gateway.schema import (
    acceptance,
    agreements,
    answers,
    boxes,
    broadcasting,
    consents,
    course,
    editing,
    erasing,
    exceptions,
    joining,
    managing,
    membership,
    notices,
    placing,
    quick,
    redirect,
    talk,
    truth,
    webhooks,
)
from gateway.schema.audit import AuditEntryConnection, AuditHeadConnection, audit_entries, audit_heads
from gateway.schema.capacity import SetCapacityPayload, set_capacity
from gateway.schema.catalogue import EventType, event_types
from gateway.schema.changes import CapacityChange, capacity_changed
from gateway.schema.codes import Code, codes_of
from gateway.schema.drafts import (
    CorrectReferralPayload,
    DraftReferralPayload,
    SendReferralPayload,
    UpdateDraftPayload,
    correct_referral,
    draft_referral,
    send_referral,
    update_draft,
)
from gateway.schema.events import EventConnection, FeedEntry, events, stream
from gateway.schema.fields import published, streamed
from gateway.schema.geography import FederalEntity, MunicipalityConnection, municipalities, states
from gateway.schema.groups import IssueReferralGroupPayload, issue_referral_group
from gateway.schema.issue import IssueReferralPayload, issue_referral
from gateway.schema.matching import ServiceMatch, match_services
from gateway.schema.node import Node, node, nodes
from gateway.schema.onward import ReferOnPayload, refer_on
from gateway.schema.organization import Organization, OrganizationConnection, organization, organizations
from gateway.schema.pathway_editing import EditPathwayPayload, edit_pathway
from gateway.schema.pathways import Pathway, PathwayGuide, pathway, pathway_versions, pathways
from gateway.schema.reading import MarkFeedReadPayload, mark_feed_read
from gateway.schema.records import PersonalRecord, personal_record
from gateway.schema.referral import Referral
from gateway.schema.referrals import ReferralConnection, referral
from gateway.schema.scalars import SCALARS
from gateway.schema.screening import (
    DraftFromScreeningPayload,
    Screening,
    ScreeningProposal,
    draft_from_screening,
    screen,
    screening,
)
from gateway.schema.search import ServiceConnection, services
from gateway.schema.sent import SentReferral, SentReferralConnection, sent_referral, sent_referrals
from gateway.schema.service import Service, service
from gateway.schema.stepping import ReportStepPayload, ReviewOverridePayload, report_step, review_override
from gateway.schema.unusual import UnusualReadingConnection, unusual_readings
from gateway.schema.viewer import Viewer, viewer


@strawberry.type(
    description="Everything that can be read. An access token is needed for all of it.\n\n"
    "A document may have 8 levels of fields, and cost 1,000, where the network's operator has set nothing "
    "else: 1 for each object, 1 for ten fields without fields of their own, 10 for each mutation. What "
    "stands in `nodes` or `edges` costs `first` (or `last`) times as much, in a plain list five times, or "
    "as many times as `ids` are given. `TOO_COSTLY`: ask for shorter pages, or less."
)
class Query:
    """The queries."""

    viewer = published(viewer, Viewer)
    node = published(node, Node | None)
    nodes = published(nodes, list[Node | None])
    codes = published(codes_of, list[Code])
    organization = published(organization, Organization | None)
    organizations = published(organizations, OrganizationConnection)
    service = published(service, Service | None)
    states = published(states, list[FederalEntity])
    municipalities = published(municipalities, MunicipalityConnection)
    services = published(services, ServiceConnection)
    match_services = published(match_services, list[ServiceMatch])
    acceptance_rules = published(acceptance.acceptance_rules, acceptance.AcceptanceRules | None)
    referral = published(referral, Referral | None)
    personal_record = published(personal_record, PersonalRecord | None)
    referrals = published(boxes.referrals, ReferralConnection)
    sent_referral = published(sent_referral, SentReferral | None)
    sent_referrals = published(sent_referrals, SentReferralConnection)
    referral_counts = published(boxes.referral_counts, boxes.ReferralCounts)
    events = published(events, EventConnection)
    event_types = published(event_types, list[EventType])
    organization_proposals = published(
        membership.organization_proposals, membership.OrganizationProposalConnection
    )
    clients = published(membership.clients, membership.OrganizationClientConnection)
    members = published(membership.members, membership.MemberConnection)
    corrections = published(truth.corrections, truth.CorrectionConnection)
    pathway = published(pathway, PathwayGuide)
    pathways = published(pathways, list[Pathway])
    pathway_versions = published(pathway_versions, list[Pathway])
    screening = published(screening, Screening)
    screen = published(screen, ScreeningProposal)
    stale_services = published(truth.stale_services, ServiceConnection)
    audit_entries = published(audit_entries, AuditEntryConnection | None)
    audit_heads = published(audit_heads, AuditHeadConnection)
    unusual_readings = published(unusual_readings, UnusualReadingConnection)
    agreements = published(agreements.agreements, agreements.AgreementConnection)
    firewall_exceptions = published(exceptions.firewall_exceptions, exceptions.FirewallExceptionConnection)
    webhook_endpoints = published(webhooks.webhook_endpoints, webhooks.WebhookEndpointConnection)
    webhook_deliveries = published(webhooks.webhook_deliveries, webhooks.WebhookDeliveryConnection)
    broadcast = published(broadcasting.broadcast, broadcasting.Broadcast | None)
    broadcasts = published(broadcasting.broadcasts, broadcasting.BroadcastConnection)
    broadcast_receipts = published(broadcasting.broadcast_receipts, broadcasting.BroadcastReceiptConnection)


@strawberry.type(
    description="Everything that can be done. Each takes an `idempotencyKey`: repeat it at will."
)
class Mutation:
    """The mutations."""

    issue_referral = published(issue_referral, IssueReferralPayload)
    draft_referral = published(draft_referral, DraftReferralPayload)
    update_draft = published(update_draft, UpdateDraftPayload)
    send_referral = published(send_referral, SendReferralPayload)
    correct_referral = published(correct_referral, CorrectReferralPayload)
    receive_referral = published(answers.receive_referral, answers.ReceiveReferralPayload)
    accept_referral = published(answers.accept_referral, answers.AcceptReferralPayload)
    ask_about_referral = published(talk.ask_about_referral, talk.AskAboutReferralPayload)
    reply_about_referral = published(talk.reply_about_referral, talk.ReplyAboutReferralPayload)
    assign_referral = published(talk.assign_referral, talk.AssignReferralPayload)
    send_referral_message = published(talk.send_referral_message, talk.SendReferralMessagePayload)
    mark_referral_messages_read = published(
        talk.mark_referral_messages_read, talk.MarkReferralMessagesReadPayload
    )
    waitlist_referral = published(course.waitlist_referral, course.WaitlistReferralPayload)
    reschedule_referral = published(course.reschedule_referral, course.RescheduleReferralPayload)
    pause_referral = published(course.pause_referral, course.PauseReferralPayload)
    resume_referral = published(course.resume_referral, course.ResumeReferralPayload)
    reopen_referral = published(course.reopen_referral, course.ReopenReferralPayload)
    propose_redirect = published(redirect.propose_redirect, redirect.ProposeRedirectPayload)
    refuse_redirect = published(redirect.refuse_redirect, redirect.RefuseRedirectPayload)
    confirm_redirect = published(redirect.confirm_redirect, redirect.ConfirmRedirectPayload)
    decline_referral = published(answers.decline_referral, answers.DeclineReferralPayload)
    start_referral = published(answers.start_referral, answers.StartReferralPayload)
    complete_referral = published(answers.complete_referral, answers.CompleteReferralPayload)
    end_referral = published(answers.end_referral, answers.EndReferralPayload)
    cancel_referral = published(answers.cancel_referral, answers.CancelReferralPayload)
    void_referral = published(course.void_referral, course.VoidReferralPayload)
    acknowledge_referral = published(answers.acknowledge_referral, answers.AcknowledgeReferralPayload)
    withdraw_consent = published(consents.withdraw_consent, consents.WithdrawConsentPayload)
    review_basis = published(consents.review_basis, consents.ReviewBasisPayload)
    confirm_erasure = published(consents.confirm_erasure, consents.ConfirmErasurePayload)
    erase_referral = published(erasing.erase_referral, erasing.EraseReferralPayload)
    issue_referral_group = published(issue_referral_group, IssueReferralGroupPayload)
    refer_on = published(refer_on, ReferOnPayload)
    set_acceptance_rules = published(acceptance.set_acceptance_rules, acceptance.SetAcceptanceRulesPayload)
    review_acceptance_rules = published(
        acceptance.review_acceptance_rules, acceptance.ReviewAcceptanceRulesPayload
    )
    propose_organization = published(joining.propose_organization, joining.ProposeOrganizationPayload)
    verify_organization = published(joining.verify_organization, joining.VerifyOrganizationPayload)
    reject_organization = published(joining.reject_organization, joining.RejectOrganizationPayload)
    deactivate_organization = published(
        joining.deactivate_organization, joining.DeactivateOrganizationPayload
    )
    reactivate_organization = published(
        joining.reactivate_organization, joining.ReactivateOrganizationPayload
    )
    invite_member = published(managing.invite_member, managing.InviteMemberPayload)
    change_member_roles = published(managing.change_member_roles, managing.ChangeMemberRolesPayload)
    remove_member = published(managing.remove_member, managing.RemoveMemberPayload)
    create_client = published(managing.create_client, managing.CreateClientPayload)
    rotate_client_secret = published(managing.rotate_client_secret, managing.RotateClientSecretPayload)
    revoke_client = published(managing.revoke_client, managing.RevokeClientPayload)
    set_capacity = published(set_capacity, SetCapacityPayload)
    mark_feed_read = published(mark_feed_read, MarkFeedReadPayload)
    update_organization = published(editing.update_organization, editing.UpdateOrganizationPayload)
    create_service = published(editing.create_service, editing.CreateServicePayload)
    update_service = published(editing.update_service, editing.UpdateServicePayload)
    close_service = published(editing.close_service, editing.CloseServicePayload)
    set_location_visibility = published(placing.set_location_visibility, placing.SetLocationVisibilityPayload)
    confirm_service = published(editing.confirm_service, editing.ConfirmServicePayload)
    suggest_correction = published(truth.suggest_correction, truth.SuggestCorrectionPayload)
    decide_correction = published(truth.decide_correction, truth.DecideCorrectionPayload)
    review_override = published(review_override, ReviewOverridePayload)
    report_step = published(report_step, ReportStepPayload)
    edit_pathway = published(edit_pathway, EditPathwayPayload)
    draft_from_screening = published(draft_from_screening, DraftFromScreeningPayload)
    make_firewall_exception = published(
        exceptions.make_firewall_exception, exceptions.MakeFirewallExceptionPayload
    )
    end_firewall_exception = published(
        exceptions.end_firewall_exception, exceptions.EndFirewallExceptionPayload
    )
    propose_agreement = published(agreements.propose_agreement, agreements.ProposeAgreementPayload)
    accept_agreement = published(agreements.accept_agreement, agreements.AcceptAgreementPayload)
    refuse_agreement = published(agreements.refuse_agreement, agreements.RefuseAgreementPayload)
    end_agreement = published(agreements.end_agreement, agreements.EndAgreementPayload)
    create_webhook_endpoint = published(
        webhooks.create_webhook_endpoint, webhooks.CreateWebhookEndpointPayload
    )
    update_webhook_endpoint = published(
        webhooks.update_webhook_endpoint, webhooks.UpdateWebhookEndpointPayload
    )
    pause_webhook_endpoint = published(webhooks.pause_webhook_endpoint, webhooks.PauseWebhookEndpointPayload)
    resume_webhook_endpoint = published(
        webhooks.resume_webhook_endpoint, webhooks.ResumeWebhookEndpointPayload
    )
    rotate_webhook_secret = published(webhooks.rotate_webhook_secret, webhooks.RotateWebhookSecretPayload)
    delete_webhook_endpoint = published(
        webhooks.delete_webhook_endpoint, webhooks.DeleteWebhookEndpointPayload
    )
    test_webhook_endpoint = published(webhooks.test_webhook_endpoint, webhooks.TestWebhookEndpointPayload)
    set_notice_preferences = published(notices.set_notice_preferences, notices.SetNoticePreferencesPayload)
    confirm_notice_address = published(notices.confirm_notice_address, notices.ConfirmNoticeAddressPayload)
    forget_notice_address = published(notices.forget_notice_address, notices.ForgetNoticeAddressPayload)
    replay_webhook_deliveries = published(
        webhooks.replay_webhook_deliveries, webhooks.ReplayWebhookDeliveriesPayload
    )
    send_broadcast = published(broadcasting.send_broadcast, broadcasting.SendBroadcastPayload)
    end_broadcast = published(broadcasting.end_broadcast, broadcasting.EndBroadcastPayload)
    acknowledge_broadcast = published(
        broadcasting.acknowledge_broadcast, broadcasting.AcknowledgeBroadcastPayload
    )


@strawberry.type(description="Everything that can be listened to, over WebSocket or server-sent events.")
class Subscription:
    """The subscriptions."""

    events = streamed(stream, FeedEntry)
    capacity_changed = streamed(capacity_changed, CapacityChange)


def _strawberry_schema() -> strawberry.Schema:
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(info_class=Info, scalar_map=SCALARS),
    )
    _leave_out_null_defaults(core_of(schema))
    return schema


def core_of(schema: strawberry.Schema) -> GraphQLSchema:
    """graphql-core's schema inside of strawberry's, which has no public name."""
    return schema._schema  # noqa: SLF001


def _leave_out_null_defaults(schema: GraphQLSchema) -> None:
    """Python's ``= None`` says that an input may be left out; to clients ``= null`` says nothing more."""
    kinds = schema.type_map.values()
    fields = [
        field for kind in kinds if isinstance(kind, GraphQLObjectType) for field in kind.fields.values()
    ]
    inputs = [
        field for kind in kinds if isinstance(kind, GraphQLInputObjectType) for field in kind.fields.values()
    ]
    for one in (*inputs, *(argument for field in fields for argument in field.args.values())):
        if one.default_value is None:
            one.default_value = Undefined


def build() -> GraphQLSchema:
    """The schema, ready to execute."""
    # graphql-core executes it directly: strawberry's own pipeline has no place for limits before
    # validation, and costs more than the resolvers.
    schema = core_of(_strawberry_schema())
    quick.prepare(schema)
    return schema


def sdl() -> str:
    """The schema in GraphQL's own language, as committed beside this file's package."""
    return print_schema(_strawberry_schema()) + "\n"
