-- release: 1
-- One transaction for what a person does: beside the person tables keylease_auth writes what the tenant keeps of it.

-- Rows of the tenant of this transaction, for keylease_auth as well; which rights it has on them is named table by table.
CREATE FUNCTION keylease_allow_persons(target regclass, rights text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE POLICY persons ON %s TO keylease_auth USING (organization_id = (SELECT keylease_organization())) WITH CHECK (organization_id = (SELECT keylease_organization()))', target);
  EXECUTE format('GRANT %s ON %s TO keylease_auth', rights, target);
END $$;

-- What happened is written with what happened. It is not read here.
SELECT keylease_allow_persons('audit_entry', 'INSERT');
SELECT keylease_allow_persons('audit_personal', 'INSERT');
SELECT keylease_allow_persons('audit_pending', 'INSERT');
SELECT keylease_allow_persons('change', 'INSERT');

-- The answer commits with the effect; a stored answer, sealed or not, is repeated by keylease_app alone.
SELECT keylease_allow_persons('idempotency', 'SELECT (organization_id, actor_id, route, key, request_hash, created_at), INSERT, UPDATE (request_hash, response, sealed_response, created_at)');

-- A place in the organization begins with an account and ends with its sessions.
SELECT keylease_allow_persons('member', 'SELECT, INSERT, UPDATE (role, updated_at, removed_at)');
SELECT keylease_allow_persons('team_member', 'SELECT, INSERT, DELETE');
SELECT keylease_allow_persons('invitation', 'SELECT, UPDATE (accepted_at)');
-- Nothing of a team is changed: to lock a row, Postgres asks for the right to change some column of it.
SELECT keylease_allow_persons('team', 'SELECT, UPDATE (updated_at)');
