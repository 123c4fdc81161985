-- What a test PSP signs its webhooks with. Made by the first node that needs it and shared by all, so that a webhook can
-- be verified wherever it arrives. In clear, because both sides of a signature need the secret; a live PSP's secret is
-- given to each node from outside and never stored.
create table psp_webhook_secret (
  psp text primary key constraint psp_webhook_secret_psp_length check (char_length(psp) between 1 and 64),
  secret text not null constraint psp_webhook_secret_form check (secret ~ '^whsec_[A-Za-z0-9+/]{43}=$'),
  made_at timestamptz not null default now()
);
