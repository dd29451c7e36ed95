-- release: 1
-- What happened, for those outside: events, webhooks and their deliveries.

-- What happened, written in the transaction of what happened; handed out to the webhooks that want it.
CREATE TABLE outbox_event (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  kind text NOT NULL,
  resource_kind text NOT NULL,
  resource_id text NOT NULL,
  payload jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  handed_out_at timestamptz(3),
  PRIMARY KEY (organization_id, id)
);
-- The hand-out takes the events that are still to be handed out, oldest first.
CREATE INDEX outbox_event_waiting ON outbox_event (organization_id, id) WHERE handed_out_at IS NULL;
-- The clean-up removes the oldest events of one organization.
CREATE INDEX outbox_event_age ON outbox_event (organization_id, created_at);
SELECT keylease_protect('outbox_event');
-- One look finds the tenants that have events to hand out.
CREATE POLICY waiting ON outbox_event FOR SELECT TO keylease_system USING (handed_out_at IS NULL);

-- Where an organization wants to hear of which kinds of events.
CREATE TABLE webhook (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  url text NOT NULL,
  description text,
  kinds text[] NOT NULL,
  sealed_secret bytea NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  -- Why the service itself disabled it; null while a person decides.
  disabled_reason text,
  -- Since when nothing but failures; null after a success.
  failing_since timestamptz(3),
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  deleted_at timestamptz(3),
  PRIMARY KEY (organization_id, id)
);
-- The list, and the hand-out: live webhooks of one organization, newest first.
CREATE INDEX webhook_live ON webhook (organization_id, id DESC) WHERE deleted_at IS NULL;
SELECT keylease_protect('webhook');

-- One event on its way to one webhook. What it sends is its event's; the id stays the same however often it is sent.
CREATE TABLE webhook_delivery (
  organization_id text NOT NULL,
  id text NOT NULL,
  webhook_id text NOT NULL,
  event_id text NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  -- Attempts are spread over a day from here; a retry by hand starts anew.
  started_at timestamptz(3) NOT NULL,
  next_attempt_at timestamptz(3) NOT NULL,
  last_attempt_at timestamptz(3),
  answer_status integer,
  answer_excerpt text,
  failure text,
  latency_ms integer,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, webhook_id) REFERENCES webhook (organization_id, id),
  FOREIGN KEY (organization_id, event_id) REFERENCES outbox_event (organization_id, id)
);
-- The sender takes what is due; delivered and failed ones are not in here.
CREATE INDEX webhook_delivery_due ON webhook_delivery (organization_id, next_attempt_at) WHERE status = 'pending';
-- The history of a webhook, newest first.
CREATE INDEX webhook_delivery_history ON webhook_delivery (organization_id, webhook_id, id DESC);
-- An event reaches a webhook once; the clean-up finds the deliveries of old events.
CREATE UNIQUE INDEX webhook_delivery_event ON webhook_delivery (organization_id, event_id, webhook_id);
SELECT keylease_protect('webhook_delivery');
-- One look finds the tenants that have deliveries due.
CREATE POLICY pending ON webhook_delivery FOR SELECT TO keylease_system USING (status = 'pending');
