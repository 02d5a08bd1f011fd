//! Astrid's own session store, driven by JSON lines: one request a line on standard input, one answer a line on
//! standard output, `{"ok": …}` or `{"error": "…"}`. `hold` also answers `{"saved": n}` after each of its saves.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Duration;

use astrid_runtime::{AgentSession, SerializableSession, SessionStore, SessionSummary};
use serde_json::{Value, json};

type Outcome = Result<Value, String>;

fn main() {
    // Sessions that are held in memory between requests, as an agent holds its own while it lives.
    let mut held: HashMap<String, AgentSession> = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let outcome = serde_json::from_str(&line)
            .map_err(|error| error.to_string())
            .and_then(|request| answer(&request, &mut held));
        say(&match outcome {
            Ok(value) => json!({ "ok": value }),
            Err(message) => json!({ "error": message }),
        });
    }
}

/// Whoever asked may be gone: then nobody misses the answer.
fn say(answer: &Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{answer}").and_then(|()| out.flush());
}

fn answer(request: &Value, held: &mut HashMap<String, AgentSession>) -> Outcome {
    let store = SessionStore::new(text(request, "directory")?);
    match text(request, "do")? {
        // A session from a document, taken in as Astrid does when it loads.
        "create" => {
            let session = from_document(&request["document"])?;
            store.save(&session).map_err(told)?;
            Ok(seen(&session))
        }
        // Takes a session into memory, where it stays until it is held anew or dropped.
        "load" => {
            let session = load(&store, request)?;
            Ok(keep(session, request, held))
        }
        // What is in memory, without a look at the disk.
        "add" => {
            let session = in_memory(request, held)?;
            add(session, &request["messages"])?;
            Ok(seen(session))
        }
        "set" => {
            let session = in_memory(request, held)?;
            if let Some(title) = request["title"].as_str() {
                session.metadata.title = Some(title.to_owned());
            }
            if let Some(spent) = request["spent"].as_f64() {
                session.budget_tracker.record_cost(spent);
            }
            Ok(seen(session))
        }
        "clear" => {
            let session = in_memory(request, held)?;
            session.clear_messages();
            Ok(seen(session))
        }
        "save" => {
            let session = in_memory(request, held)?;
            store.save(session).map_err(told)?;
            Ok(seen(session))
        }
        // Saves what is in memory again and again, each time one message longer, as an agent does turn after turn.
        "hold" => {
            let session = in_memory(request, held)?;
            let pause = Duration::from_millis(request["pause"].as_u64().unwrap_or(0));
            for turn in 1..=request["times"].as_u64().unwrap_or(1) {
                add(
                    session,
                    &json!([{ "role": "assistant", "content": format!("astrid {turn}") }]),
                )?;
                store.save(session).map_err(told)?;
                say(&json!({ "saved": turn }));
                std::thread::sleep(pause);
            }
            Ok(seen(session))
        }
        "drop" => Ok(json!(held.remove(text(request, "id")?).is_some())),
        "load_by_str" => {
            let found = store.load_by_str(text(request, "id")?).map_err(told)?;
            Ok(found.as_ref().map_or(Value::Null, seen))
        }
        "list" => {
            let ids = store.list().map_err(told)?;
            Ok(ids.iter().map(|id| id.0.to_string()).collect())
        }
        "list_with_metadata" => Ok(summaries(&store.list_with_metadata().map_err(told)?)),
        "list_for_workspace" => {
            let path = Path::new(text(request, "path")?);
            Ok(summaries(&store.list_for_workspace(path).map_err(told)?))
        }
        "most_recent" => {
            let found = store.most_recent().map_err(told)?;
            Ok(found.as_ref().map_or(Value::Null, seen))
        }
        "cleanup_old" => {
            let days = request["days"].as_i64().ok_or("days is missing")?;
            Ok(json!(store.cleanup_old(days).map_err(told)?))
        }
        "delete" => {
            let id = from_document(&empty_document(text(request, "id")?))?.id;
            store.delete(&id).map_err(told)?;
            Ok(Value::Null)
        }
        other => Err(format!("no such request: {other}")),
    }
}

fn load(store: &SessionStore, request: &Value) -> Result<Option<AgentSession>, String> {
    let id = from_document(&empty_document(text(request, "id")?))?.id;
    store.load(&id).map_err(told)
}

fn keep(
    session: Option<AgentSession>,
    request: &Value,
    held: &mut HashMap<String, AgentSession>,
) -> Value {
    let Some(session) = session else {
        return Value::Null;
    };
    let value = seen(&session);
    held.insert(
        request["id"].as_str().unwrap_or_default().to_owned(),
        session,
    );
    value
}

fn in_memory<'a>(
    request: &Value,
    held: &'a mut HashMap<String, AgentSession>,
) -> Result<&'a mut AgentSession, String> {
    held.get_mut(text(request, "id")?)
        .ok_or_else(|| "the session is not in memory".to_owned())
}

/// The messages as the loader reads them: one that it does not understand is left out.
fn add(session: &mut AgentSession, messages: &Value) -> Result<(), String> {
    let mut document = empty_document(&session.id.0.to_string());
    document["messages"] = messages.clone();
    for message in from_document(&document)?.messages {
        session.add_message(message);
    }
    Ok(())
}

fn from_document(document: &Value) -> Result<AgentSession, String> {
    let stored: SerializableSession =
        serde_json::from_value(document.clone()).map_err(|e| e.to_string())?;
    Ok(stored.to_session())
}

fn empty_document(id: &str) -> Value {
    json!({
        "id": id, "user_id": "", "messages": [], "system_prompt": "", "created_at": "2026-01-01T00:00:00Z",
        "token_count": 0,
        "metadata": {
            "title": null, "tags": [], "turn_count": 0, "tool_call_count": 0, "approval_count": 0, "custom": {}
        },
    })
}

/// The document that Astrid's next save would write.
fn seen(session: &AgentSession) -> Value {
    serde_json::to_value(SerializableSession::from(session)).unwrap_or_default()
}

fn summaries(found: &[SessionSummary]) -> Value {
    let each = found.iter().map(|summary| {
        json!({
            "id": summary.id, "title": summary.title, "created_at": summary.created_at.to_rfc3339(),
            "message_count": summary.message_count, "token_count": summary.token_count,
            "workspace_path": summary.workspace_path, "display_title": summary.display_title(),
        })
    });
    each.collect()
}

fn text<'a>(request: &'a Value, key: &str) -> Result<&'a str, String> {
    request[key]
        .as_str()
        .ok_or_else(|| format!("{key} is missing"))
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}
