drop table identity.sign_in_try;
drop table identity.oidc_session;
drop table identity.oidc_account;
