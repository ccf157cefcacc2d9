//! Reading back a retained message of one's own, over a short-lived connection of its own: the answer is then
//! certainly of the broker that is there now.

use std::time::Duration;

use rumqttc::{Event, MqttOptions, Packet, QoS};
use tokio::time::{Instant, timeout_at};

use super::Endpoint;
use super::dial::{Connection, Dialer};

/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(3);
/// How long after the broker has taken the subscription a retained message may still come.
const AFTER_SUBSCRIBED: Duration = Duration::from_millis(500);

/// What the broker keeps on `topic`; `None` where it keeps nothing or cannot be asked in time.
pub(super) async fn read_back(endpoint: Endpoint, client_id: String, topic: String) -> Option<Vec<u8>> {
    let deadline = Instant::now() + WHOLE;
    let mut dialer = Dialer::new(endpoint, client_id);
    let shape = |options: &mut MqttOptions| {
        options.set_clean_session(true);
    };
    let mut connection = timeout_at(deadline, dialer.connect(shape)).await.ok()?.ok()?;
    connection.client.try_subscribe(topic, QoS::AtMostOnce).ok()?;
    let kept = await_retained(&mut connection, deadline).await;
    let _ = connection.client.try_disconnect();
    let leaving = async { while connection.eventloop.poll().await.is_ok() {} };
    let _ = timeout_at(deadline.min(Instant::now() + AFTER_SUBSCRIBED), leaving).await;
    kept
}

async fn await_retained(connection: &mut Connection, mut deadline: Instant) -> Option<Vec<u8>> {
    loop {
        match timeout_at(deadline, connection.eventloop.poll()).await.ok()?.ok()? {
            Event::Incoming(Packet::Publish(message)) if message.retain => {
                return Some(message.payload.to_vec());
            }
            Event::Incoming(Packet::SubAck(_)) => deadline = deadline.min(Instant::now() + AFTER_SUBSCRIBED),
            _ => {}
        }
    }
}
