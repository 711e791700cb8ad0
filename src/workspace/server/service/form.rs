//! From the forms of the page to what is set.

use super::{Assignment, Holiday, Mode, Promises, Week, add_holidays, national, read_periods, remove_holiday, save, save_assignment};
use crate::{
    error::{AppError, Rule},
    server::{scope::Scope, state::App},
    workspace::{Permission, server::guard},
};
use chrono::NaiveDate;

/// The form of hours and promises, as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub first_answer: String,
    pub next_answer: String,
    pub resolution: String,
    pub raise_late: bool,
    /// Monday first.
    pub week: Vec<String>,
}

impl Written {
    /// As an address carries it back to the page.
    pub fn query(&self) -> String {
        let Ok(mut url) = reqwest::Url::parse("http://localhost/") else { return String::new() };
        // More than any browser's field takes is not carried along.
        let short = |text: &str| text.chars().take(120).collect::<String>();
        {
            let mut pairs = url.query_pairs_mut();
            let numbers = [("first_answer", &self.first_answer), ("next_answer", &self.next_answer), ("resolution", &self.resolution)];
            pairs.extend_pairs(numbers.map(|(name, value)| (name, short(value))));
            pairs.extend_pairs(self.raise_late.then_some(("raise_late", "on")));
            pairs.extend_pairs(self.week.iter().take(7).enumerate().map(|(day, periods)| (format!("week{day}"), short(periods))));
        }
        url.query().unwrap_or_default().to_owned()
    }

    fn read(&self) -> Result<(Promises, Week), AppError> {
        let number = |field: &str, text: &str| match text.trim() {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| AppError::invalid(field, Rule::Malformed)),
        };
        let promises = Promises {
            first_answer: number("first_answer", &self.first_answer)?,
            next_answer: number("next_answer", &self.next_answer)?,
            resolution: number("resolution", &self.resolution)?,
            raise_late: self.raise_late,
        };
        let mut week = Week::default();
        for (day, (periods, text)) in week.iter_mut().zip(&self.week).enumerate() {
            *periods = read_periods(text).ok_or_else(|| AppError::invalid(&format!("week{day}"), Rule::Malformed))?;
        }
        Ok((promises, week))
    }
}

/// Sets what a form says.
///
/// # Errors
/// `Invalid` with the field: `week0` is Monday's.
pub async fn save_written(app: &App, scope: &Scope, form: &Written) -> Result<(), AppError> {
    scope.require(Permission::Settings)?;
    let (promises, week) = form.read()?;
    save(app, scope, promises, &week).await
}

/// Sets who gets what nobody has, as a form says it.
///
/// # Errors
/// `Invalid` with the field; `NotFound` for a team that is not this workspace's.
pub async fn assignment_written(
    app: &App,
    scope: &Scope,
    mode: &str,
    online_only: bool,
    capacity: &str,
    team: &str,
) -> Result<(), AppError> {
    scope.require(Permission::Settings)?;
    if mode.is_empty() {
        return save_assignment(app, scope, None).await;
    }
    let wanted = Assignment {
        mode: Mode::parse(mode).ok_or_else(|| AppError::invalid("mode", Rule::Malformed))?,
        online_only,
        capacity: match capacity.trim() {
            "" => None,
            digits => Some(digits.parse().map_err(|_| AppError::invalid("capacity", Rule::Malformed))?),
        },
        team: match team {
            "" => None,
            id => Some(id.parse().map_err(|_| AppError::NotFound)?),
        },
    };
    save_assignment(app, scope, Some(&wanted)).await
}

/// Adds the holiday of a form, or the known public ones of a year.
///
/// # Errors
/// `Invalid` with the field.
pub async fn add_written(app: &App, scope: &Scope, year: Option<i32>, day: &str, name: &str) -> Result<(), AppError> {
    scope.require(Permission::Settings)?;
    let days = match year {
        Some(year) if (2000..2100).contains(&year) => national(year).0,
        Some(_) => return Err(AppError::invalid("day", Rule::Malformed)),
        None => vec![Holiday { day: date(day)?, name: guard::name(name, "holiday", 80)? }],
    };
    add_holidays(app, scope, &days).await
}

/// Takes the holiday of a form off. Answers the query of the page on which it can be put back.
pub async fn remove_written(app: &App, scope: &Scope, day: &str) -> Result<String, AppError> {
    scope.require(Permission::Settings)?;
    let gone = remove_holiday(app, scope, date(day)?).await?;
    let gone = gone.map(|gone| holiday_query(&gone.day.to_string(), &gone.name)).unwrap_or_default();
    Ok(format!("done=removed&{gone}"))
}

/// A holiday as the page's address carries it into the form.
pub fn holiday_query(day: &str, name: &str) -> String {
    let Ok(mut url) = reqwest::Url::parse("http://localhost/") else { return String::new() };
    let short = |text: &str| text.chars().take(120).collect::<String>();
    url.query_pairs_mut().append_pair("day", &short(day)).append_pair("holiday", &short(name));
    url.query().unwrap_or_default().to_owned()
}

fn date(text: &str) -> Result<NaiveDate, AppError> {
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok();
    let day = day.filter(|day| (2000..2100).contains(&chrono::Datelike::year(day)));
    day.ok_or_else(|| AppError::invalid("day", Rule::Malformed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_which_field_is_wrong() {
        let form = |week: &[&str], first: &str| Written {
            first_answer: first.into(),
            week: week.iter().map(|periods| (*periods).to_owned()).collect(),
            ..Written::default()
        };
        let (promises, week) = form(&["8-17", "", "08.00–12.00,13-17"], " 15 ").read().unwrap();
        assert_eq!(promises, Promises { first_answer: Some(15), ..Promises::default() });
        assert_eq!((week[0].len(), week[1].len(), week[2].len(), week[6].len()), (1, 0, 2, 0));
        assert_eq!(form(&["8-17", "9-9"], "").read(), Err(AppError::invalid("week1", Rule::Malformed)));
        assert_eq!(form(&[], "1,5").read(), Err(AppError::invalid("first_answer", Rule::Malformed)));
        assert_eq!(form(&["a&b=c"], "1").query(), "first_answer=1&next_answer=&resolution=&week0=a%26b%3Dc");
    }
}
