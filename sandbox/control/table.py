"""Every address of the control API."""

from starlette.routing import Route

from sandbox.control import accounts, conduct, state, views, webhooks
from sandbox.control.door import endpoint

ACTIONS = (
    ("GET", "/people", accounts.list_people),
    ("POST", "/people", accounts.add_person),
    ("POST", "/quota", accounts.set_quota),
    ("GET", "/apps", accounts.list_apps),
    ("POST", "/apps", accounts.put_app),
    ("POST", "/decide", accounts.decide),
    ("GET", "/faults", conduct.list_faults),
    ("POST", "/faults", conduct.add_fault),
    ("DELETE", "/faults", conduct.clear_faults),
    ("GET", "/grants", conduct.list_grants),
    ("POST", "/tokens/expire", conduct.expire_tokens),
    ("POST", "/tokens/revoke", conduct.revoke),
    ("POST", "/cursors/reset", conduct.reset_cursors),
    ("GET", "/clock", conduct.show_clock),
    ("POST", "/clock", conduct.move_clock),
    ("GET", "/behaviour", conduct.show_behaviour),
    ("POST", "/behaviour", conduct.change_behaviour),
    ("GET", "/webhooks", webhooks.list_webhooks),
    ("POST", "/webhooks", webhooks.add_webhook),
    ("DELETE", "/webhooks", webhooks.drop_webhooks),
    ("GET", "/history", views.show_history),
    ("DELETE", "/history", views.clear_history),
    ("GET", "/complaints", views.show_complaints),
    ("DELETE", "/complaints", views.clear_complaints),
    ("POST", "/complaints/waited", views.clients_waited),
    ("GET", "/tree", views.show_tree),
    ("GET", "/state", state.show_state),
    ("POST", "/reset", views.reset),
)

ROUTES = [Route(path, endpoint(action), methods=[method]) for method, path, action in ACTIONS]
