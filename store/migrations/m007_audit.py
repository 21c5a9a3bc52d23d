"""Step 7: the audit can be added to and read, by whom, what and when, and never changed."""

from store.connect import Db
from store.migrations.script import run


def m007_audit(db: Db) -> None:
    run(
        db,
        """
        create trigger audit_is_not_changed before update on audit
            begin select raise(abort, 'the audit is never changed'); end;
        create trigger audit_is_not_shortened before delete on audit
            begin select raise(abort, 'nothing leaves the audit'); end;
        create index audit_by_actor on audit (actor, at desc, id desc);
        create index audit_by_subject on audit (subject, at desc, id desc);
        create index audit_by_action on audit (action, at desc, id desc);
        create index audit_in_order on audit (at desc, id desc);
        drop index audit_by_time;
        """,
    )
