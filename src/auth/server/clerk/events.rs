//! What Clerk's webhooks say, as far as it concerns us. Fields that we do not keep are not read.
//!
//! A *version* orders what is said about one thing: the update's time in milliseconds, then the kind of event, because a thing may be created and
//! updated within one millisecond, and what is embedded in another event says the least.

use serde::Deserialize;
use serde_json::Value;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    User(User),
    UserDeleted(String),
    Organization(Organization),
    OrganizationDeleted(String),
    /// A membership, and the organisation as it stood then.
    Membership(Membership, Organization),
    MembershipDeleted(Membership, Organization),
    Invitation(Invitation),
    SessionEnded(String),
    /// The session waits for something, such as choosing an organisation; its tokens are refused meanwhile.
    SessionPending(String),
    /// Nothing that we mirror.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: String,
    pub version: i64,
    /// The verified primary address in lower case, or empty.
    pub email: String,
    /// May be empty.
    pub name: String,
    pub banned: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    pub id: String,
    pub version: i64,
    pub name: String,
    /// Empty where the instance has organisation slugs switched off.
    pub slug: String,
    /// Empty when no user created it.
    pub created_by: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub id: String,
    pub version: i64,
    pub organization: String,
    pub user: String,
    pub user_name: String,
    /// Clerk's key, `org:admin`.
    pub role: String,
    /// Unix milliseconds.
    pub created: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: String,
    pub version: i64,
    pub organization: String,
    pub email: String,
    pub role: String,
    /// `pending`, `accepted`, `revoked` or `expired`.
    pub status: &'static str,
    /// Unix milliseconds.
    pub expires: Option<i64>,
}

/// Signed, and still not what it says it is. The words are for the record and hold nothing of the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

/// A delivery's type and what it says.
pub fn parse(body: &[u8]) -> Result<(String, Event), Malformed> {
    #[derive(Deserialize)]
    struct Envelope {
        #[serde(rename = "type")]
        kind: String,
        data: Value,
    }
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| Malformed("the body is no event"))?;
    let event = event(&envelope.kind, &envelope.data)?;
    Ok((envelope.kind.chars().take(100).collect(), event))
}

fn event(kind: &str, data: &Value) -> Result<Event, Malformed> {
    Ok(match kind {
        "user.created" => Event::User(user(data, 1)?),
        "user.updated" => Event::User(user(data, 2)?),
        "user.deleted" => Event::UserDeleted(id(data, "id")?),
        "organization.created" => Event::Organization(organization(data, 1)?),
        "organization.updated" => Event::Organization(organization(data, 2)?),
        "organization.deleted" => Event::OrganizationDeleted(id(data, "id")?),
        "organizationMembership.created" => Event::Membership(membership(data, 1)?, organization(&data["organization"], 0)?),
        "organizationMembership.updated" => Event::Membership(membership(data, 2)?, organization(&data["organization"], 0)?),
        "organizationMembership.deleted" => Event::MembershipDeleted(membership(data, 2)?, organization(&data["organization"], 0)?),
        "organizationInvitation.created" => Event::Invitation(invitation(data, "pending")?),
        "organizationInvitation.accepted" => Event::Invitation(invitation(data, "accepted")?),
        "organizationInvitation.revoked" => Event::Invitation(invitation(data, "revoked")?),
        "session.ended" | "session.removed" | "session.revoked" => Event::SessionEnded(id(data, "id")?),
        "session.pending" => Event::SessionPending(id(data, "id")?),
        _ => Event::Other,
    })
}

fn user(data: &Value, rank: i64) -> Result<User, Malformed> {
    let primary = data["primary_email_address_id"].as_str();
    let addresses = data["email_addresses"].as_array().map(Vec::as_slice).unwrap_or_default();
    // An address that nobody has proved to be his would let him in wherever its owner belongs.
    let email = addresses
        .iter()
        .filter(|entry| primary.is_some() && entry["id"].as_str() == primary && entry["verification"]["status"] == "verified")
        .find_map(|entry| entry["email_address"].as_str());
    Ok(User {
        id: id(data, "id")?,
        version: version(data, rank)?,
        email: email.unwrap_or_default().trim().to_lowercase(),
        name: name(&data["first_name"], &data["last_name"]).or_else(|| text(&data["username"], 100)).unwrap_or_default(),
        banned: data["banned"] == true,
    })
}

fn organization(data: &Value, rank: i64) -> Result<Organization, Malformed> {
    Ok(Organization {
        id: id(data, "id")?,
        version: version(data, rank)?,
        name: text(&data["name"], 100).unwrap_or_default(),
        slug: text(&data["slug"], 100).unwrap_or_default(),
        created_by: text(&data["created_by"], 100).unwrap_or_default(),
    })
}

fn membership(data: &Value, rank: i64) -> Result<Membership, Malformed> {
    let person = &data["public_user_data"];
    Ok(Membership {
        id: id(data, "id")?,
        version: version(data, rank)?,
        organization: id(&data["organization"], "id")?,
        user: id(person, "user_id")?,
        user_name: name(&person["first_name"], &person["last_name"]).unwrap_or_default(),
        role: id(data, "role")?,
        created: data["created_at"].as_i64().ok_or(Malformed("created_at is missing"))?,
    })
}

fn invitation(data: &Value, status: &'static str) -> Result<Invitation, Malformed> {
    let rank = if status == "pending" { 1 } else { 2 };
    Ok(Invitation {
        id: id(data, "id")?,
        version: version(data, rank)?,
        organization: id(data, "organization_id")?,
        email: text(&data["email_address"], 320).ok_or(Malformed("email_address is missing"))?.to_lowercase(),
        role: id(data, "role")?,
        status,
        expires: data["expires_at"].as_i64(),
    })
}

fn id(data: &Value, field: &str) -> Result<String, Malformed> {
    let id = data[field].as_str().filter(|id| !id.is_empty() && id.len() <= 100);
    id.map(str::to_owned).ok_or(Malformed("an id is missing"))
}

fn version(data: &Value, rank: i64) -> Result<i64, Malformed> {
    let at = data["updated_at"].as_i64().ok_or(Malformed("updated_at is missing"))?;
    Ok(at.saturating_mul(4).saturating_add(rank))
}

fn name(first: &Value, last: &Value) -> Option<String> {
    let both = [first, last].map(|part| part.as_str().unwrap_or_default().trim()).join(" ");
    text(&Value::String(both), 100)
}

/// Trimmed, on one line, at most `max` characters; none when nothing is left.
fn text(value: &Value, max: usize) -> Option<String> {
    let text: String = value.as_str()?.chars().filter(|c| !c.is_control()).collect();
    let text: String = text.trim().chars().take(max).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/fixtures/clerk/webhooks/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    fn read(name: &str) -> Event {
        parse(&fixture(name)).unwrap().1
    }

    #[test]
    fn every_sample_is_understood_or_knowingly_passed_over() {
        let folder = format!("{}/tests/fixtures/clerk/webhooks", env!("CARGO_MANIFEST_DIR"));
        let mut mirrored = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let file = file.unwrap().path();
            let (kind, event) = parse(&std::fs::read(&file).unwrap()).unwrap_or_else(|error| panic!("{}: {error:?}", file.display()));
            let ours = ["user.", "organization.", "organizationMembership.", "organizationInvitation.", "session."];
            let expected = ours.iter().any(|prefix| kind.starts_with(prefix)) && kind != "session.created";
            assert_eq!(event != Event::Other, expected, "{kind}");
            mirrored += usize::from(expected);
        }
        assert!(mirrored >= 16, "{mirrored}");
    }

    #[test]
    fn the_address_is_the_primary_one_and_only_if_it_is_proved() {
        let email = |name: &str| match read(name) {
            Event::User(user) => user.email,
            other => panic!("{other:?}"),
        };
        assert_eq!(email("user.created"), "ayu@example.com");
        assert_eq!(email("variant-user.created-unverified-email"), "");
        let two = email("variant-user.created-two-emails");
        let body: Value = serde_json::from_slice(&fixture("variant-user.created-two-emails")).unwrap();
        let primary = &body["data"]["primary_email_address_id"];
        let wanted = body["data"]["email_addresses"].as_array().unwrap().iter().find(|entry| &entry["id"] == primary).unwrap();
        assert_eq!(two, wanted["email_address"].as_str().unwrap());
    }

    #[test]
    fn an_update_beats_a_creation_of_the_same_millisecond_and_both_beat_what_is_embedded() {
        let mut body: Value = serde_json::from_slice(&fixture("user.created")).unwrap();
        let Event::User(created) = event("user.created", &body["data"]).unwrap() else { panic!() };
        let Event::User(updated) = event("user.updated", &body["data"]).unwrap() else { panic!() };
        assert!(updated.version > created.version);
        let Event::Membership(_, embedded) = read("organizationMembership.created") else { panic!() };
        let Event::Organization(created) = read("organization.created") else { panic!() };
        assert!(embedded.version < created.version);
        body["data"]["updated_at"] = (1_795_184_701_000i64 - 1).into();
        let Event::User(older) = event("user.updated", &body["data"]).unwrap() else { panic!() };
        assert!(older.version < updated.version);
    }

    #[test]
    fn what_lacks_its_id_or_time_is_malformed_and_says_nothing_of_its_content() {
        for (kind, data) in [
            ("user.created", r#"{"email":"geheim@x"}"#),
            ("user.created", r#"{"id":"user_1"}"#),
            ("user.deleted", "{}"),
            ("user.deleted", "null"),
            ("organizationMembership.created", r#"{"id":"orgmem_1","updated_at":1,"role":"org:admin"}"#),
            ("session.ended", r#"{"id":7}"#),
        ] {
            let body = format!(r#"{{"type":"{kind}","data":{data}}}"#);
            let Err(Malformed(why)) = parse(body.as_bytes()) else { panic!("{body}") };
            assert!(!why.contains("geheim"));
        }
        assert!(parse(b"[]").is_err() && parse(b"").is_err());
        assert_eq!(parse(br#"{"type":"something.new","data":null}"#).unwrap().1, Event::Other);
    }
}
