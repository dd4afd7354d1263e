//! How the thread becomes a member of the group: the topic is there, and nobody else reads where one process is to be alone.

use std::time::Duration;

use forebay_stage::Fault;
use forebay_stage::types::code;
use forebay_stage::types::nearest::nearest;

use super::{ASK_MS, Fetcher};
use crate::live::no_right;
use crate::raw::{KafkaError, TopicFacts};
use crate::trouble::{Trouble, fatal};

/// The same while nothing was answered yet: what the client tells of its connections is looked at in between.
const FIRST_ASK_MS: i32 = 2_000;

impl Fetcher {
    /// Finds the topic and joins the group; false where the pipeline ended before that.
    pub(super) fn join(&mut self) -> Result<bool, Fault> {
        loop {
            match self.look_for_topic() {
                Ok(facts) if !facts.may_read => {
                    return Err(no_right(&self.place(), "read", "READ on the topic"));
                }
                Ok(facts) => {
                    self.facts = Some(facts);
                    break;
                }
                Err(error) => self.wait_or_fail(&error)?,
            }
            if self.is_stopped_within(Duration::from_millis(200)) {
                return Ok(false);
            }
        }
        while self.settings.manner.alone {
            match self.consumer.client().group_members(&self.settings.group, FIRST_ASK_MS) {
                Ok(members) => {
                    self.check_alone(&members)?;
                    break;
                }
                Err(error) => self.wait_or_fail(&error)?,
            }
            if self.is_stopped_within(Duration::from_millis(200)) {
                return Ok(false);
            }
        }
        self.check_count(0)?;
        self.condition.goes_on();
        let subscribed = self.consumer.subscribe(&self.settings.topic);
        subscribed.map_err(|error| fatal(&self.place(), &error))?;
        Ok(true)
    }

    /// A pipeline that keeps state by key refuses another number of partitions than its state was written with.
    pub(super) fn check_count(&self, at_least: i32) -> Result<(), Fault> {
        let now = self.facts.as_ref().map_or(0, |facts| facts.partitions).max(at_least);
        let before = match (self.saved.len() as i32, &self.facts) {
            (0, Some(facts)) => facts.partitions,
            (saved, _) => saved,
        };
        if !self.settings.manner.alone || now == before {
            return Ok(());
        }
        let message = format!(
            "{} has {now} partitions and had {before}: keys are in other partitions now; begin anew with --fresh",
            self.place()
        );
        Err(Fault::fatal(&code::KAFKA_PARTITIONS, message))
    }

    pub(super) fn look_for_topic(&mut self) -> Result<TopicFacts, KafkaError> {
        let asked = self.consumer.client().topic(&self.settings.topic, FIRST_ASK_MS);
        // What the client has to say of its connections is told where it is polled.
        self.poll(0);
        asked
    }

    /// Before anything was read: what a wait may mend is waited for, everything else ends the pipeline.
    pub(super) fn wait_or_fail(&mut self, error: &KafkaError) -> Result<(), Fault> {
        let told = self.shared.take_errors();
        match Trouble::of(error.code) {
            Trouble::Away => {
                let why = self.beginning.unanswered(&self.settings.connection.shown(), told, error)?;
                self.condition.waits(&code::KAFKA_AWAY, why);
                Ok(())
            }
            Trouble::Topic if self.beginning.is_missing() => Err(self.no_topic()),
            Trouble::Topic => {
                self.condition.waits(&code::KAFKA_TOPIC, Trouble::Topic.says(&self.place(), error));
                Ok(())
            }
            Trouble::Rights => Err(self.refused(error)),
            _ => Err(fatal(&self.place(), error)),
        }
    }

    pub(super) fn no_topic(&self) -> Fault {
        let topics = self.consumer.client().topics(ASK_MS).unwrap_or_default();
        let near = nearest(&self.settings.topic, topics.iter().map(String::as_str));
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        let message = format!("{}: there is no such topic{near}", self.place());
        Fault::fatal(&code::KAFKA_TOPIC, message)
    }

    pub(super) fn check_alone(&self, members: &[(String, String)]) -> Result<(), Fault> {
        let Some((client, host)) = stranger(members, &self.settings.siblings) else { return Ok(()) };
        Err(Fault::fatal(
            &code::KAFKA_GROUP,
            format!(
                "{}: group `{}` has another member, {client} at {}; with `scale: one` one process reads alone",
                self.place(),
                self.settings.group,
                host.trim_start_matches('/')
            ),
        ))
    }

    pub(super) fn is_stopped_within(&mut self, wait: Duration) -> bool {
        match self.commands.recv_timeout(wait) {
            Ok(command) => self.obey(Some(command)),
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => false,
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => true,
        }
    }
}

/// The member of a group, by its client id and host, that is no source of this pipeline.
fn stranger<'m>(members: &'m [(String, String)], siblings: &str) -> Option<&'m (String, String)> {
    members.iter().find(|(client, _)| !client.starts_with(siblings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_one_pipeline_are_no_strangers_to_each_other() {
        #[track_caller]
        fn check(members: &[&str], expect: Option<&str>) {
            let members: Vec<_> = members.iter().map(|name| (name.to_string(), "here".to_string())).collect();
            let found = stranger(&members, "forebay-5e1f-").map(|(client, _)| client.as_str());
            assert_eq!(found, expect);
        }
        check(&[], None);
        check(&["forebay-5e1f-tx", "forebay-5e1f-chargebacks"], None);
        check(&["forebay-5e1f-tx", "forebay-77aa-tx"], Some("forebay-77aa-tx"));
        check(&["kcat"], Some("kcat"));
    }
}
