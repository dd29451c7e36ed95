-- release: 1
-- Whom a trust rule last let in, beside when: from where, and what the token called it.
ALTER TABLE trust_rule
  ADD COLUMN last_used_address text,
  ADD COLUMN last_used_subject text;
