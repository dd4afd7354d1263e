//! Questions to the cluster: what there is, and what this user may do. Each waits for its answer.

use std::ffi::{CStr, c_char};
use std::ptr::{NonNull, null, null_mut};
use std::slice;

use rdkafka_sys as sys;

use super::client::Client;
use super::error::{ErrorCode, KafkaError};
use super::event::{Event, Queue};
use super::list::c_text;

/// What a cluster says of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicFacts {
    /// New each time that the topic is made.
    pub id: String,
    pub partitions: i32,
    pub may_read: bool,
    pub may_write: bool,
}

/// A topic to be made.
pub struct NewTopic<'a> {
    pub name: &'a str,
    pub partitions: i32,
    pub replication: i32,
    /// Name and value of topic settings.
    pub config: &'a [(&'a str, &'a str)],
}

impl Client {
    /// The names of all topics that this user may see.
    pub fn topics(&self, timeout_ms: i32) -> Result<Vec<String>, KafkaError> {
        let mut found: *const sys::rd_kafka_metadata = null();
        // SAFETY: `found` is written where the call succeeds, and then valid until it is destroyed, below; names in it end with
        // a zero.
        unsafe {
            let asked = sys::rd_kafka_metadata(self.as_ptr(), 1, null_mut(), &mut found, timeout_ms);
            KafkaError::check(asked)?;
            let topics = (*found).topics;
            let names = match (*found).topic_cnt as usize {
                0 => Vec::new(),
                count => slice::from_raw_parts(topics, count)
                    .iter()
                    .map(|topic| CStr::from_ptr(topic.topic).to_string_lossy().into_owned())
                    .collect(),
            };
            sys::rd_kafka_metadata_destroy(found);
            Ok(names)
        }
    }

    /// What the cluster says of a topic.
    pub fn topic(&self, name: &str, timeout_ms: i32) -> Result<TopicFacts, KafkaError> {
        let op = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS;
        let options = Options::new(self, op, timeout_ms);
        let answers = Queue::new(self);
        let name = c_text(name);
        let mut names = [name.as_ptr()];
        // SAFETY: names, options and queue are valid during the call, which copies what it needs.
        unsafe {
            KafkaError::take(sys::rd_kafka_AdminOptions_set_include_authorized_operations(
                options.as_ptr(),
                1,
            ))?;
            let topics = sys::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), 1);
            sys::rd_kafka_DescribeTopics(self.as_ptr(), topics, options.as_ptr(), answers.as_ptr());
            sys::rd_kafka_TopicCollection_destroy(topics);
        }
        let answer = wait(&answers, timeout_ms)?;
        // SAFETY: a result of this kind was asked for; what it holds is valid as long as the answer.
        unsafe {
            let result = sys::rd_kafka_event_DescribeTopics_result(answer.as_ptr());
            let mut count = 0;
            let topics = sys::rd_kafka_DescribeTopics_result_topics(result, &mut count);
            if result.is_null() || count == 0 {
                return Err(KafkaError::of(ErrorCode::RD_KAFKA_RESP_ERR__BAD_MSG));
            }
            facts(*topics)
        }
    }

    /// Makes a topic; one that is there already is fine.
    pub fn create_topic(&self, topic: &NewTopic<'_>, timeout_ms: i32) -> Result<(), KafkaError> {
        let op = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_CREATETOPICS;
        let options = Options::new(self, op, timeout_ms);
        let answers = Queue::new(self);
        let (name, mut said) = (c_text(topic.name), [0 as c_char; 512]);
        // SAFETY: texts end with a zero; what is made is destroyed; the call copies what it needs.
        unsafe {
            let (partitions, replication) = (topic.partitions, topic.replication);
            let made = sys::rd_kafka_NewTopic_new(
                name.as_ptr(),
                partitions,
                replication,
                said.as_mut_ptr(),
                said.len(),
            );
            if made.is_null() {
                let text = CStr::from_ptr(said.as_ptr()).to_string_lossy().into_owned();
                return Err(KafkaError { code: ErrorCode::RD_KAFKA_RESP_ERR__INVALID_ARG, text });
            }
            for (key, value) in topic.config {
                let (key, value) = (c_text(key), c_text(value));
                sys::rd_kafka_NewTopic_set_config(made, key.as_ptr(), value.as_ptr());
            }
            let mut all = [made];
            sys::rd_kafka_CreateTopics(
                self.as_ptr(),
                all.as_mut_ptr(),
                1,
                options.as_ptr(),
                answers.as_ptr(),
            );
            sys::rd_kafka_NewTopic_destroy(made);
        }
        let answer = wait(&answers, timeout_ms)?;
        // SAFETY: a result of this kind was asked for; what it holds is valid as long as the answer.
        unsafe {
            let result = sys::rd_kafka_event_CreateTopics_result(answer.as_ptr());
            let mut count = 0;
            let topics = sys::rd_kafka_CreateTopics_result_topics(result, &mut count);
            if result.is_null() || count == 0 {
                return Err(KafkaError::of(ErrorCode::RD_KAFKA_RESP_ERR__BAD_MSG));
            }
            match sys::rd_kafka_topic_result_error(*topics) {
                ErrorCode::RD_KAFKA_RESP_ERR_NO_ERROR | ErrorCode::RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS => {
                    Ok(())
                }
                code => {
                    let text = sys::rd_kafka_topic_result_error_string(*topics);
                    let text = match text.is_null() {
                        true => KafkaError::of(code).text,
                        false => CStr::from_ptr(text).to_string_lossy().into_owned(),
                    };
                    Err(KafkaError { code, text })
                }
            }
        }
    }

    /// Whether this user may be a member of the group. One that nobody has used yet is one, too.
    pub fn may_join(&self, group: &str, timeout_ms: i32) -> Result<bool, KafkaError> {
        let op = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS;
        let options = Options::new(self, op, timeout_ms);
        let answers = Queue::new(self);
        let group = c_text(group);
        let mut groups = [group.as_ptr()];
        // SAFETY: names, options and queue are valid during the call, which copies what it needs.
        unsafe {
            KafkaError::take(sys::rd_kafka_AdminOptions_set_include_authorized_operations(
                options.as_ptr(),
                1,
            ))?;
            sys::rd_kafka_DescribeConsumerGroups(
                self.as_ptr(),
                groups.as_mut_ptr(),
                1,
                options.as_ptr(),
                answers.as_ptr(),
            );
        }
        let answer = wait(&answers, timeout_ms)?;
        // SAFETY: a result of this kind was asked for; what it holds is valid as long as the answer.
        unsafe {
            let result = sys::rd_kafka_event_DescribeConsumerGroups_result(answer.as_ptr());
            let mut count = 0;
            let groups = sys::rd_kafka_DescribeConsumerGroups_result_groups(result, &mut count);
            if result.is_null() || count == 0 {
                return Err(KafkaError::of(ErrorCode::RD_KAFKA_RESP_ERR__BAD_MSG));
            }
            match sys::rd_kafka_error_code(sys::rd_kafka_ConsumerGroupDescription_error(*groups)) {
                ErrorCode::RD_KAFKA_RESP_ERR_NO_ERROR => {}
                ErrorCode::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED => return Ok(false),
                // Of a group that is not there nothing is said of rights, and who may not look is told so.
                ErrorCode::RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND => return Ok(true),
                code => return Err(KafkaError::of(code)),
            }
            let mut operations = 0;
            let allowed =
                sys::rd_kafka_ConsumerGroupDescription_authorized_operations(*groups, &mut operations);
            // Nothing is said where the broker tells no rights.
            let allowed =
                if operations == 0 { return Ok(true) } else { slice::from_raw_parts(allowed, operations) };
            Ok(allowed.contains(&sys::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_READ))
        }
    }

    /// The value of a setting of a topic; `None` where there is none of this name.
    pub fn topic_setting(
        &self,
        topic: &str,
        setting: &str,
        timeout_ms: i32,
    ) -> Result<Option<String>, KafkaError> {
        let op = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS;
        let options = Options::new(self, op, timeout_ms);
        let answers = Queue::new(self);
        let name = c_text(topic);
        // SAFETY: the name ends with a zero; what is made is destroyed; the call copies what it needs.
        unsafe {
            let kind = sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC;
            let asked = sys::rd_kafka_ConfigResource_new(kind, name.as_ptr());
            let mut all = [asked];
            sys::rd_kafka_DescribeConfigs(
                self.as_ptr(),
                all.as_mut_ptr(),
                1,
                options.as_ptr(),
                answers.as_ptr(),
            );
            sys::rd_kafka_ConfigResource_destroy(asked);
        }
        let answer = wait(&answers, timeout_ms)?;
        // SAFETY: a result of this kind was asked for; what it holds is valid as long as the answer; names end with a zero,
        // and a value is null or does.
        unsafe {
            let result = sys::rd_kafka_event_DescribeConfigs_result(answer.as_ptr());
            let (mut count, mut entries) = (0, 0);
            let resources = sys::rd_kafka_DescribeConfigs_result_resources(result, &mut count);
            if result.is_null() || count == 0 {
                return Err(KafkaError::of(ErrorCode::RD_KAFKA_RESP_ERR__BAD_MSG));
            }
            KafkaError::check(sys::rd_kafka_ConfigResource_error(*resources))?;
            let all = sys::rd_kafka_ConfigResource_configs(*resources, &mut entries);
            for at in 0..entries {
                let entry = *all.add(at);
                if CStr::from_ptr(sys::rd_kafka_ConfigEntry_name(entry)).to_bytes() == setting.as_bytes() {
                    let value = sys::rd_kafka_ConfigEntry_value(entry);
                    let text = |value| CStr::from_ptr(value).to_string_lossy().into_owned();
                    return Ok((!value.is_null()).then(|| text(value)));
                }
            }
            Ok(None)
        }
    }

    /// Members that a consumer group has now: client id and host of each.
    pub fn group_members(&self, group: &str, timeout_ms: i32) -> Result<Vec<(String, String)>, KafkaError> {
        let (group, mut found) = (c_text(group), null());
        // SAFETY: `found` is written where the call succeeds, and then valid until it is destroyed, below; texts in it end
        // with a zero.
        unsafe {
            let asked = sys::rd_kafka_list_groups(self.as_ptr(), group.as_ptr(), &mut found, timeout_ms);
            KafkaError::check(asked)?;
            let mut members = Vec::new();
            let text = |text: *mut c_char| CStr::from_ptr(text).to_string_lossy().into_owned();
            let groups: &sys::rd_kafka_group_list = &*found;
            for at in 0..groups.group_cnt as usize {
                let group = &*groups.groups.add(at);
                for at in 0..group.member_cnt as usize {
                    let member = &*group.members.add(at);
                    members.push((text(member.client_id), text(member.client_host)));
                }
            }
            sys::rd_kafka_group_list_destroy(found);
            Ok(members)
        }
    }
}

/// # Safety
/// The description is valid during the call.
unsafe fn facts(topic: *const sys::rd_kafka_TopicDescription_t) -> Result<TopicFacts, KafkaError> {
    // SAFETY: what a valid description gives is valid as long as itself; texts end with a zero.
    unsafe {
        let error = sys::rd_kafka_TopicDescription_error(topic);
        if !error.is_null() && sys::rd_kafka_error_code(error) != ErrorCode::RD_KAFKA_RESP_ERR_NO_ERROR {
            let text = CStr::from_ptr(sys::rd_kafka_error_string(error)).to_string_lossy().into_owned();
            return Err(KafkaError { code: sys::rd_kafka_error_code(error), text });
        }
        let (mut partitions, mut operations) = (0, 0);
        sys::rd_kafka_TopicDescription_partitions(topic, &mut partitions);
        let allowed = sys::rd_kafka_TopicDescription_authorized_operations(topic, &mut operations);
        // A broker that tells no rights says so when they are used.
        let allowed = if operations == 0 { None } else { Some(slice::from_raw_parts(allowed, operations)) };
        let may = |operation| allowed.is_none_or(|allowed| allowed.contains(&operation));
        let id = sys::rd_kafka_Uuid_base64str(sys::rd_kafka_TopicDescription_topic_id(topic));
        Ok(TopicFacts {
            id: CStr::from_ptr(id).to_string_lossy().into_owned(),
            partitions: partitions as i32,
            may_read: may(sys::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_READ),
            may_write: may(sys::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_WRITE),
        })
    }
}

struct Options(NonNull<sys::rd_kafka_AdminOptions_t>);

impl Options {
    fn new(client: &Client, op: sys::rd_kafka_admin_op_t, timeout_ms: i32) -> Options {
        let mut said = [0 as c_char; 256];
        // SAFETY: the options are ours, and `said` takes as many bytes as it has.
        unsafe {
            let options = NonNull::new(sys::rd_kafka_AdminOptions_new(client.as_ptr(), op)).expect("options");
            let (text, len) = (said.as_mut_ptr(), said.len());
            sys::rd_kafka_AdminOptions_set_request_timeout(options.as_ptr(), timeout_ms, text, len);
            Options(options)
        }
    }

    fn as_ptr(&self) -> *mut sys::rd_kafka_AdminOptions_t {
        self.0.as_ptr()
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: made by `new`, destroyed once.
        unsafe { sys::rd_kafka_AdminOptions_destroy(self.0.as_ptr()) };
    }
}

/// Waits for the one answer that comes to a queue.
fn wait(answers: &Queue, timeout_ms: i32) -> Result<Event, KafkaError> {
    // The request has a limit of its own; this one is only for an answer that never comes.
    let answer = answers.poll(timeout_ms.saturating_add(1_000));
    let answer = answer.ok_or_else(|| KafkaError::of(ErrorCode::RD_KAFKA_RESP_ERR__TIMED_OUT))?;
    answer.error().map_or(Ok(answer), Err)
}
