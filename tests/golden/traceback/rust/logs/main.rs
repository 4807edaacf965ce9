mod orders {
    fn charge(id: u32) -> Result<(), String> {
        Err(format!("order {}: no column \"email\"", id))
    }

    pub fn with_log() {
        if let Err(e) = charge(41) {
            log::error!("charge failed: {}", e);
        }
    }

    pub fn with_tracing() {
        let span = tracing::error_span!("request", id = 7);
        let _in = span.enter();
        if let Err(e) = charge(41) {
            tracing::error!(error = %e, order = 41, "charge failed");
        }
    }
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("env_logger") => {
            env_logger::init_from_env(env_logger::Env::default().default_filter_or("info"));
            log::info!("listening");
            orders::with_log();
            log::info!("still here");
            return;
        }
        Some("tracing_compact") => tracing_subscriber::fmt().compact().init(),
        Some("tracing_json") => tracing_subscriber::fmt().json().init(),
        _ => tracing_subscriber::fmt().init(),
    }
    tracing::info!("listening");
    orders::with_tracing();
    tracing::warn!("still here");
}
