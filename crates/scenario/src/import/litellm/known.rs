//! Keys that are not carried over, and why.

use super::account::{Verdict, irrelevant, not_modelled, under};
use super::config::Config;
use super::yaml::Node;

const CREDENTIAL: &str = "credentials and addresses";
const ANSWERS: &str = "what is asked and answered, not where";
const OBSERVED: &str = "logs and metrics";
const SHARED: &str = "how several proxies share their counts; one is simulated";
const PROXY: &str = "users, keys and storage of the proxy";
const CAPPED: &str = "the proxy's own caps on parallel requests and spending";
const CACHED: &str = "answers from LiteLLM's cache never reach a provider";
const CONTENT: &str = "no request here is too long for a context window or against a content policy";
const CHECKED: &str = "routing by health checks";
const TAGS: &str = "requests here have no tags, teams or regions that they allow";

/// What a group of keys has in common.
type Row = (&'static [&'static str], &'static str);

const DEPLOYMENT_IRRELEVANT: &[Row] = &[
    (
        &[
            "api_key",
            "api_base",
            "base_url",
            "api_version",
            "api_type",
            "organization",
            "aws_access_key_id",
            "aws_secret_access_key",
            "aws_session_token",
            "aws_session_name",
            "aws_profile_name",
            "aws_role_name",
            "aws_web_identity_token",
            "aws_sts_endpoint",
            "aws_bedrock_runtime_endpoint",
            "vertex_project",
            "vertex_credentials",
            "tenant_id",
            "client_id",
            "client_secret",
            "azure_ad_token",
            "azure_username",
            "azure_password",
            "litellm_credential_name",
            "extra_headers",
            "headers",
            "project_id",
        ],
        CREDENTIAL,
    ),
    (
        &[
            "temperature",
            "top_p",
            "top_k",
            "seed",
            "stop",
            "presence_penalty",
            "frequency_penalty",
            "drop_params",
            "additional_drop_params",
            "reasoning_effort",
            "thinking",
            "extra_body",
            "response_format",
            "modify_params",
            "merge_reasoning_content_in_choices",
            "cache_control_injection_points",
            "dimensions",
            "input_type",
        ],
        ANSWERS,
    ),
    (&["configurable_clientside_auth_params", "use_in_pass_through", "use_litellm_proxy"], PROXY),
    (&["max_retries"], "LiteLLM's router sets the client's own retries to 0"),
];

const DEPLOYMENT_NOT: &[Row] = &[
    (
        &["timeout", "stream_timeout", "cooldown_time", "num_retries"],
        "set for one deployment: here for the router only",
    ),
    (&["max_tokens", "max_completion_tokens"], "lengths of answers: set `max_tokens` of the workload"),
    (&["max_parallel_requests", "max_budget", "budget_duration"], CAPPED),
    (&["tags", "region_name", "allowed_model_region"], TAGS),
    (&["mock_response", "mock_timeout"], "a mock"),
];

const INFO_IRRELEVANT: &[Row] = &[
    (&["id", "description", "created_by", "updated_by", "created_at", "db_model", "updated_at"], "a label"),
    (&["team_id", "team_public_model_name", "access_groups"], PROXY),
];

const INFO_NOT: &[Row] = &[
    (&["mode", "base_model"], "kinds of models: every endpoint here is one that answers token by token"),
    (&["max_tokens", "max_input_tokens", "max_output_tokens"], CONTENT),
    (
        &[
            "supported_environments",
            "health_check_timeout",
            "health_check_model",
            "disable_background_health_check",
        ],
        CHECKED,
    ),
];

const ROUTER_IRRELEVANT: &[Row] = &[
    (&["redis_host", "redis_port", "redis_password", "redis_url", "redis_db", "cache_kwargs"], SHARED),
    (&["set_verbose", "debug_level", "alerting_config", "polling_interval"], OBSERVED),
    (&["router_general_settings", "ignore_invalid_deployments"], PROXY),
];

const ROUTER_NOT: &[Row] = &[
    (&["context_window_fallbacks", "content_policy_fallbacks"], CONTENT),
    (
        &["enable_pre_call_checks", "optional_pre_call_checks"],
        "checks before a call: length of the context, limits, affinity",
    ),
    (&["enable_tag_filtering", "tag_filtering_match_any", "tag_routing"], TAGS),
    (&["model_group_retry_policy"], "one group's retries: here for the router only"),
    (&["routing_groups", "provider_budget_config", "default_max_parallel_requests"], CAPPED),
    (&["cache_responses", "caching_groups", "client_ttl"], CACHED),
    (
        &[
            "enable_health_check_routing",
            "health_check_staleness_threshold",
            "health_check_ignore_transient_errors",
        ],
        CHECKED,
    ),
    (&["default_litellm_params", "default_priority", "assistants_config"], "parameters of single calls"),
];

const MODULE_IRRELEVANT: &[Row] = &[
    (
        &[
            "success_callback",
            "failure_callback",
            "callbacks",
            "service_callbacks",
            "set_verbose",
            "json_logs",
            "turn_off_message_logging",
            "redact_user_api_key_info",
            "langfuse_default_tags",
            "telemetry",
            "suppress_debug_info",
            "prometheus_metrics_config",
            "store_audit_logs",
            "datadog_params",
            "disable_end_user_cost_tracking",
            "disable_end_user_cost_tracking_prometheus_only",
            "post_call_rules",
        ],
        OBSERVED,
    ),
    (
        &[
            "drop_params",
            "modify_params",
            "add_function_to_prompt",
            "enable_json_schema_validation",
            "disable_hf_tokenizer_download",
            "disable_copilot_system_to_assistant",
            "enable_preview_features",
            "disable_add_transform_inline_image_block",
        ],
        ANSWERS,
    ),
    (
        &[
            "key_generation_settings",
            "default_internal_user_params",
            "default_team_settings",
            "mcp_aliases",
            "upperbound_key_generate_params",
            "public_routes",
            "custom_provider_map",
            "enable_key_alias_format_validation",
        ],
        PROXY,
    ),
    (&["ssl_verify", "ssl_certificate", "force_ipv4", "api_key", "api_base"], CREDENTIAL),
];

const MODULE_NOT: &[Row] = &[
    (&["context_window_fallbacks", "content_policy_fallbacks"], CONTENT),
    (&["cache", "cache_params"], CACHED),
    (&["max_budget", "budget_duration", "max_parallel_requests", "max_internal_user_budget"], CAPPED),
    (&["guardrails"], ANSWERS),
];

const GENERAL_IRRELEVANT: &[Row] = &[
    (
        &[
            "master_key",
            "database_url",
            "database_type",
            "database_args",
            "database_connection_pool_limit",
            "database_connection_timeout",
            "store_model_in_db",
            "store_prompts_in_spend_logs",
            "disable_spend_logs",
            "disable_spend_updates",
            "disable_master_key_return",
            "disable_reset_budget",
            "enable_jwt_auth",
            "litellm_jwtauth",
            "enforce_user_param",
            "allowed_routes",
            "public_routes",
            "admin_only_routes",
            "key_management_system",
            "key_management_settings",
            "custom_auth",
            "custom_sso",
            "infer_model_from_keys",
            "ui_access_mode",
            "user_header_name",
            "allowed_ips",
            "use_x_forwarded_for",
            "pass_through_endpoints",
            "allow_requests_on_db_unavailable",
            "proxy_batch_write_at",
            "maximum_spend_logs_retention_period",
            "maximum_spend_logs_retention_interval",
            "forward_client_headers_to_llm_api",
            "salt_key",
            "disable_adding_master_key_hash_to_db",
            "allow_user_auth",
            "proxy_budget_rescheduler_min_time",
            "proxy_budget_rescheduler_max_time",
            "otel",
            "coordination_redis",
        ],
        PROXY,
    ),
    (&["alerting", "alerting_threshold", "alerting_args", "alert_types", "alert_to_webhook_url"], OBSERVED),
];

const GENERAL_NOT: &[Row] = &[
    (
        &[
            "max_parallel_requests",
            "global_max_parallel_requests",
            "max_request_size_mb",
            "max_response_size_mb",
            "disable_retry_on_max_parallel_request_limit_error",
        ],
        CAPPED,
    ),
    (
        &[
            "background_health_checks",
            "health_check_interval",
            "health_check_concurrency",
            "health_check_details",
        ],
        CHECKED,
    ),
    (&["completion_model"], "requests here name their group"),
];

fn rows(config: &mut Config<'_>, path: &str, rows: &[Row], verdict: impl Fn(&'static str) -> Verdict) {
    for (keys, why) in rows {
        for key in *keys {
            config.say(&under(path, key), &verdict(why));
        }
    }
}

/// What is said of a deployment's keys that were not carried over.
pub(super) fn deployment(config: &mut Config<'_>, path: &str) {
    let parameters = under(path, "litellm_params");
    rows(config, &parameters, DEPLOYMENT_IRRELEVANT, irrelevant);
    rows(config, &parameters, DEPLOYMENT_NOT, not_modelled);
    let info = under(path, "model_info");
    rows(config, &info, INFO_IRRELEVANT, irrelevant);
    rows(config, &info, INFO_NOT, not_modelled);
    for key in ["rpm", "tpm", "weight", "order"] {
        let why = "LiteLLM's strategies read it from litellm_params";
        config.say(&under(path, key), &not_modelled(why));
        config.say(&under(&info, key), &not_modelled(why));
    }
}

/// The same of all the rest of the file.
pub(super) fn sections(config: &mut Config<'_>, root: &Node) {
    rows(config, "router_settings", ROUTER_IRRELEVANT, irrelevant);
    rows(config, "router_settings", ROUTER_NOT, not_modelled);
    rows(config, "litellm_settings", MODULE_IRRELEVANT, irrelevant);
    rows(config, "litellm_settings", MODULE_NOT, not_modelled);
    rows(config, "general_settings", GENERAL_IRRELEVANT, irrelevant);
    rows(config, "general_settings", GENERAL_NOT, not_modelled);
    for (key, why) in [
        ("environment_variables", CREDENTIAL),
        ("credential_list", CREDENTIAL),
        ("callback_settings", OBSERVED),
        ("mcp_servers", PROXY),
        ("mcp_tools", PROXY),
    ] {
        config.say(key, &irrelevant(why));
    }
    config.say("include", &not_modelled("files that are included are not read: import them merged"));
    config.say("guardrails", &not_modelled(ANSWERS));
    for (key, node) in root.entries() {
        if node.is_null() {
            config.say(&under("", key), &irrelevant("null: as if it were not there"));
        }
    }
}
