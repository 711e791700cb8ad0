//! Integration tests: the whole server on a real Postgres, spoken to over HTTP. One binary, one database per test.
//!
//! `TEST_DATABASE_URL` names a cluster where databases may be created (`make test` starts one).

mod accounts;
mod architecture;
mod assistant;
mod clerk;
mod digest;
mod doctor;
mod faults;
mod inbox;
mod isolation;
mod limits;
mod live;
mod model_based;
mod presence;
mod properties;
mod push;
mod schema;
mod support;
mod teams;
mod webhooks;
