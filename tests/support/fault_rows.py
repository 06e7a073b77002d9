"""Table of faults: for each row and case the tests that prove the SDK's behaviour, in both flavours."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Proof(NamedTuple):
    """A test by its name."""

    flavour: Literal["sync", "async", "pure"]
    """Flavour that the test proves; ``pure`` tests a function that both call, and proves neither flavour."""
    module: str
    name: str
    parameter: str = ""
    """Parameter that selects the flavour, of a test that runs for both."""


def twins(module: str, *names: str) -> list[Proof]:
    """Return the proofs by tests of ``_async`` and by the generated tests of ``_sync``."""
    return [
        proof
        for name in names
        for proof in (Proof("async", f"tests._async.{module}", name), Proof("sync", f"tests._sync.{module}", name))
    ]


def apart(module: str, *, sync: str, asynchronous: str) -> list[Proof]:
    """Return the proofs by one test for threads and one for event loops, where the two differ."""
    return [Proof("sync", f"tests.{module}", sync), Proof("async", f"tests.{module}", asynchronous)]


def chosen(module: str, *names: str, sync: str = "sync", asynchronous: str = "async") -> list[Proof]:
    """Return the proofs by tests that have the flavour as a parameter."""
    return [
        Proof(flavour, f"tests.{module}", name, parameter)
        for name in names
        for flavour, parameter in (("sync", sync), ("async", asynchronous))
    ]


def pure(module: str, *names: str) -> list[Proof]:
    """Return the proofs by tests of functions without I/O, which exist once for both flavours."""
    return [Proof("pure", f"tests.{module}", name) for name in names]


ROWS: dict[str, dict[str, list[Proof]]] = {
    "connection refused, DNS failure": {
        "refused": twins("network.test_kept_connections", "test_what_was_refused_a_connection_is_always_sent_again"),
        "no such host": twins(
            "network.test_kept_connections", "test_what_found_no_host_is_sent_again_even_if_it_may_run_once_only"
        ),
        "both are told": twins(
            "calls.test_calls", "test_a_refused_connection_and_an_unknown_host_say_so_and_are_safe_to_repeat"
        ),
    },
    "keep-alive connection closed while idle": {
        "closed or reset": twins(
            "network.test_kept_connections", "test_a_connection_that_ended_while_idle_is_replaced_unseen_by_any_call"
        ),
        "in the pool": twins("network.test_pool", "test_a_connection_that_the_server_closed_while_idle_is_not_used"),
    },
    "server takes a request on a kept connection, then closes": {
        "resent only where that is safe, with the same key": twins(
            "network.test_kept_connections", "test_a_request_that_was_taken_on_a_kept_connection_may_have_run"
        ),
        "billed once": twins(
            "sandbox.test_faults",
            "test_a_turn_whose_answer_was_dropped_is_billed_once_and_comes_again",
            "test_each_fault_below_http_is_survived_and_billed_once",
        ),
        "the caller is killed before the answer": chosen(
            "network.test_killed_workers", "test_every_job_of_killed_workers_is_done_and_billed_once"
        ),
    },
    "reset after the request, truncated body, cut chunk": {
        "by what a second run costs": twins(
            "network.test_kept_connections", "test_an_answer_that_breaks_off_may_have_run"
        ),
        "four attempts, one key": twins(
            "calls.test_calls", "test_a_server_that_resets_gets_at_most_four_posts_with_one_key"
        ),
        "how far it came": twins("calls.test_calls", "test_a_truncated_answer_says_how_far_it_came"),
        "in the pool": twins("network.test_pool", "test_a_failure_frees_the_connection_and_closes_it"),
    },
    "TLS": {
        "unknown CA, wrong host, expired": twins(
            "network.test_tls", "test_a_certificate_that_cannot_be_trusted_is_refused_and_not_tried_again"
        ),
        "plain HTTP port": twins(
            "network.test_tls", "test_a_port_that_speaks_plain_http_is_refused_and_not_tried_again"
        ),
        "broken later": twins(
            "network.test_tls", "test_tls_that_breaks_after_the_turn_was_sent_is_a_broken_connection"
        ),
        "ended without a word": twins(
            "network.test_tls", "test_an_answer_that_ends_with_the_connection_and_no_word_of_tls_is_not_lost"
        ),
        "a certificate of the client wanted": twins(
            "network.test_tls", "test_a_proxy_that_wants_a_certificate_of_the_client_is_a_tls_error"
        ),
        "certificates that are replaced or named later": chosen(
            "network.test_trust",
            "test_a_new_client_trusts_the_file_that_was_put_in_the_place_of_another",
            "test_a_variable_that_is_set_or_unset_later_counts_for_new_clients",
        ),
        "in the pool": twins(
            "network.test_pool",
            "test_an_unknown_authority_and_a_wrong_name_are_refused",
            "test_a_server_that_leaves_before_tls_is_noticed_at_once",
        ),
    },
    "slow header": {
        "silent: a turn, a stream": twins(
            "network.test_time_limits", "test_a_turn_that_gets_no_answer_in_time_is_not_sent_again"
        ),
        "silent: what costs nothing twice": twins(
            "network.test_time_limits", "test_what_costs_nothing_twice_is_sent_again_after_a_timeout"
        ),
        "dripping": twins("calls.test_calls", "test_headers_that_drip_are_bounded_as_a_whole"),
    },
    "slow body drip": {
        "timeout or deadline": twins("network.test_time_limits", "test_a_drip_is_ended_by_the_limit_that_is_shorter"),
        "the deadline counts waits too": twins(
            "network.test_time_limits", "test_a_deadline_counts_attempts_and_the_waits_between_them"
        ),
        "a client of the caller's": twins(
            "calls.test_calls", "test_a_body_that_drips_is_bounded_in_a_client_of_yours_too"
        ),
        "in the pool": twins("network.test_pool", "test_what_drips_does_not_outlive_the_deadline"),
        "over before anything is sent": [
            *twins("network.test_tls", "test_what_had_no_time_left_to_be_sent_was_not_sent"),
            *twins(
                "network.test_network",
                "test_when_no_time_is_left_for_tls_the_connection_is_closed",
                "test_when_no_time_is_left_it_tells_whether_anything_was_written",
            ),
        ],
    },
    "truncated JSON, HTML from a proxy, empty 200, wrong content type": {
        "as a success": twins(
            "calls.test_broken_answers", "test_a_success_that_is_none_is_told_whole_and_not_asked_for_again"
        ),
        "HTML as 502, 503, 504": twins(
            "calls.test_broken_answers", "test_a_page_of_a_proxy_is_the_error_of_its_status"
        ),
        "instead of a stream": twins("streams.test_streams", "test_what_is_no_stream_is_told_with_its_beginning"),
        "a call without a key": twins(
            "calls.test_keyless_calls",
            "test_an_answer_that_is_not_surely_the_apis_own_is_not_asked_for_again",
            "test_the_apis_own_word_that_nothing_ran_lets_it_be_sent_again",
        ),
    },
    "a status that the contract does not name": {
        "raw": twins(
            "calls.test_broken_answers",
            "test_a_status_that_the_contract_does_not_name_is_an_api_error_and_tried_once",
        ),
    },
    "204, 202 without body": {
        "raw": twins("calls.test_broken_answers", "test_an_answer_without_a_body_is_a_model_and_keeps_its_connection"),
        "sandbox": twins("sandbox.test_refusals", "test_an_answer_without_a_body_is_typed"),
    },
    "endless or huge body": {
        "no length, chunks, a huge length": twins(
            "calls.test_broken_answers", "test_an_endless_body_is_given_up_and_its_connection_closed"
        ),
        "the cap is settable": twins("calls.test_broken_answers", "test_the_largest_answer_can_be_set"),
        "of a download": twins("calls.test_files", "test_the_largest_size_can_be_set"),
        "downloads with flat memory": chosen("network.test_download_memory", "test_a_large_download_needs_no_memory"),
    },
    "gzip bomb": {
        "success and refusal": twins("calls.test_broken_answers", "test_a_bomb_is_given_up_before_it_fills_the_memory"),
        "stream": twins("calls.test_broken_answers", "test_a_bomb_in_a_stream_ends_it"),
        "decoding": pure("wire.test_body", "test_the_limit_counts_what_was_decoded", "test_no_piece_is_large"),
    },
    "bad gzip, bad JSON": {
        "bad gzip": twins("calls.test_broken_answers", "test_bad_compression_is_an_error_of_ours"),
        "UTF-8, NaN, huge integers, nesting, surrogates": twins(
            "calls.test_broken_answers", "test_json_that_is_none_is_an_error_of_ours_wherever_it_comes"
        ),
        "BOM": twins("calls.test_broken_answers", "test_a_byte_order_mark_is_no_part_of_an_answer_or_a_refusal"),
        "on the way out": twins("calls.test_broken_answers", "test_what_is_no_json_is_not_sent_either"),
        "decoding": pure("wire.test_operation", "test_what_is_no_json_object_is_a_decode_error_with_its_bytes"),
        "any JSON, raised or salvaged": pure(
            "wire.test_any_answer",
            "test_any_json_as_the_answer_of_any_operation_can_be_used",
            "test_any_json_as_an_event_of_a_stream_can_be_used",
            "test_an_answer_that_breaks_the_contract_can_be_used_in_silence",
        ),
    },
    "3xx": {
        "calls, streams, downloads": twins(
            "calls.test_broken_answers", "test_no_call_stream_or_download_follows_a_redirect"
        ),
        "a client of the caller's": twins("calls.test_calls", "test_a_redirect_is_never_followed"),
        "to no URL": twins("network.test_http_clients", "test_a_redirect_to_what_is_no_url_is_one_and_not_tried_again"),
    },
    "http:// base_url with a live key": {
        "refused but for loopback": twins(
            "calls.test_secrets", "test_a_live_key_or_token_is_sent_over_plain_http_to_this_machine_only"
        ),
        "settings": pure("policy.test_config", "test_a_wrong_setting_is_a_configuration_error"),
    },
    "CR/LF or non-ASCII in idempotency key or headers": {
        "key": chosen("wire.test_headers_on_the_wire", "test_an_idempotency_key_arrives_as_it_is_or_is_refused"),
        "headers": chosen("wire.test_headers_on_the_wire", "test_a_header_arrives_as_it_is_or_is_refused"),
        "encoding": pure("wire.test_operation", "test_a_wrong_value_is_refused_before_http"),
    },
    'path ids "", ".", "..", control characters': {
        "every operation, every place": chosen(
            "wire.test_paths_on_the_wire", "test_every_operation_refuses_what_is_no_id_wherever_it_stands"
        ),
        "hypothesis": chosen("wire.test_paths_on_the_wire", "test_nothing_else_ever_reaches_the_server"),
        "encoding": pure(
            "wire.test_operation", "test_whatever_the_ids_the_path_is_the_one_built_or_the_call_is_refused"
        ),
    },
    "API key in repr, logs, tracebacks with locals, exceptions": {
        "every failure": twins(
            "calls.test_secrets", "test_a_failure_tells_no_key_logs_no_words_and_survives_pickle_and_copies"
        ),
        "success": twins("calls.test_secrets", "test_no_success_tells_the_key_or_logs_the_words"),
        "a client that could not be made": twins(
            "calls.test_secrets", "test_a_client_that_could_not_be_made_tells_no_key"
        ),
        "a proxy's password": twins("calls.test_secrets", "test_a_proxy_that_refuses_tells_neither_key_nor_password"),
        "a malformed key": twins(
            "calls.test_secrets", "test_a_malformed_key_is_in_no_error_and_no_local_variable_of_ours"
        ),
        "all that is reachable": twins(
            "calls.test_secrets",
            "test_nothing_that_is_reachable_from_a_client_shows_its_key_or_the_password_of_its_proxy",
        ),
        "a URL's password": twins(
            "calls.test_secrets", "test_a_wrong_base_url_or_proxy_is_refused_without_what_it_holds"
        ),
        "a webhook's secret": pure("wire.test_webhooks", "test_no_failure_shows_the_secret_in_a_local_variable"),
        "settings": pure("policy.test_config", "test_neither_the_key_nor_a_token_is_in_a_repr"),
    },
    "error texts, codes and request ids from outside": {
        "logs, observers, error texts": twins(
            "calls.test_secrets",
            "test_what_an_error_says_forges_no_line_and_puts_no_words_into_logs_and_observers",
        ),
        "the rule": pure(
            "wire.test_safe",
            "test_any_text_becomes_one_line_that_can_be_encoded_and_stays_the_same_the_second_time",
            "test_what_does_not_look_like_a_code_is_unknown",
            "test_the_text_of_any_error_is_safe_and_its_attributes_are_what_the_server_sent",
        ),
        "any logger": pure("policy.test_logging", "test_no_sink_gets_what_could_forge_a_line_or_holds_words"),
    },
    "message text in logs": {
        "every failure": twins(
            "calls.test_secrets", "test_a_failure_tells_no_key_logs_no_words_and_survives_pickle_and_copies"
        ),
        "success": twins(
            "calls.test_secrets",
            "test_no_success_tells_the_key_or_logs_the_words",
            "test_above_debug_a_call_that_succeeds_says_nothing",
        ),
        "ids and tokens in paths": twins("calls.test_calls", "test_neither_key_nor_text_nor_ids_are_logged"),
    },
    "second event loop, closed loop": {
        "one after the other": apart(
            "network.test_lifetimes",
            sync="test_a_plain_client_works_in_one_event_loop_after_the_other",
            asynchronous="test_one_client_works_in_one_event_loop_after_the_other",
        ),
        "closed in mid-stream": [
            Proof(
                "async", "tests.network.test_lifetimes", "test_a_loop_that_was_closed_in_mid_stream_harms_none_after_it"
            )
        ],
    },
    "fork after use": {
        "no crossed answers": apart(
            "network.test_lifetimes",
            sync="test_a_forked_child_leaves_its_parents_connections_alone",
            asynchronous="test_a_forked_child_leaves_the_connections_of_its_parents_loop_alone",
        ),
        "values by process": pure(
            "network.test_aio_and_threads", "test_a_child_process_gets_its_own_value_and_keeps_hold_of_its_parents"
        ),
        "during another thread's first call": pure(
            "network.test_forks",
            "test_a_child_works_that_was_forked_during_another_thread_s_first_call",
            "test_a_lock_that_another_thread_holds_is_free_in_the_child",
        ),
    },
    "32 threads x 10,000 calls on one client; close() during use": {
        "each answer matches its request": apart(
            "network.test_lifetimes",
            sync="test_many_threads_on_one_client_get_their_own_answers_over_few_connections",
            asynchronous="test_many_threads_with_loops_of_their_own_share_one_client_and_get_their_own_answers",
        ),
        "tasks": [
            Proof(
                "async",
                "tests.network.test_lifetimes",
                "test_many_tasks_on_one_client_get_their_own_answers_over_few_connections",
            )
        ],
        "models that threads use first": pure(
            "wire.test_building_models", "test_threads_that_use_a_model_first_find_it_built_once"
        ),
        "close() during use": apart(
            "network.test_lifetimes",
            sync="test_closing_while_others_use_it_is_a_clean_error",
            asynchronous="test_closing_while_other_tasks_use_it_is_a_clean_error",
        ),
        "close() in mid-stream": apart(
            "network.test_lifetimes",
            sync="test_closing_in_mid_stream_lets_the_stream_end_and_frees_its_connection",
            asynchronous="test_closing_in_mid_stream_lets_the_stream_end_and_frees_its_connection",
        ),
    },
    "cancellation mid-request and mid-stream": {
        "asyncio, trio; an interrupt in a thread": apart(
            "network.test_lifetimes",
            sync="test_interrupted_work_frees_its_connection_and_sends_nothing_again",
            asynchronous="test_cancelled_work_frees_its_connection_and_sends_nothing_again",
        ),
        "at any step": [
            Proof("async", "tests.network.test_lifetimes", "test_nothing_is_sent_after_a_call_was_cancelled"),
            Proof("async", "tests._async.network.test_pool", "test_cancelling_frees_the_connection"),
            Proof(
                "sync",
                "tests.network.test_lifetimes",
                "test_an_interrupt_leaves_neither_a_busy_connection_nor_a_broken_one",
            ),
        ],
    },
    "abandoned stream": {
        "break, exception, close; then a call": twins(
            "streams.test_streams", "test_abandoned_streams_give_their_connections_back"
        ),
        "garbage collection; then a call": apart(
            "network.test_lifetimes",
            sync="test_a_stream_that_is_just_dropped_frees_its_connection_at_once",
            asynchronous="test_an_async_stream_that_is_just_dropped_frees_its_connection",
        ),
        "in the pool": twins(
            "network.test_pool",
            "test_two_hundred_responses_left_unread_or_half_read_do_no_harm",
            "test_an_error_of_ones_own_while_reading_frees_the_connection",
        ),
    },
    "wall clock jumps; Retry-After": {
        "jumps": twins(
            "network.test_time_limits",
            "test_a_wall_clock_that_jumps_changes_no_wait_and_no_deadline",
            "test_a_wall_clock_that_jumps_under_a_running_attempt_does_no_harm",
        ),
        "-5, abc, nan, past date, HTTP date": twins(
            "network.test_time_limits", "test_a_wait_that_is_asked_for_is_kept_and_nonsense_is_ignored"
        ),
        "above the cap": twins("network.test_time_limits", "test_above_a_minute_the_caller_is_told_how_long"),
        "reading": pure("policy.test_retry", "test_retry_after_is_seconds_or_a_date_and_nonsense_is_ignored"),
        "frozen or set back at a 429": [
            *twins(
                "calls.test_rate_limits",
                "test_a_refusal_under_a_frozen_clock_makes_no_later_call_wait_longer_than_was_asked",
                "test_a_clock_that_is_frozen_in_the_middle_of_a_crowd_holds_nobody_up",
            ),
            *pure("policy.test_pace", "test_nobody_waits_longer_than_was_asked_for_when_the_clock_jumps"),
        ],
    },
    "429 storm from 64 workers": {
        "at most a tenth more": chosen(
            "policy.test_storm",
            "test_64_workers_above_the_rate_limit_all_get_their_answers_for_a_tenth_more_requests",
            sync="in_threads",
            asynchronous="in_tasks",
        ),
        "decisions": pure("policy.test_pace", "test_a_crowd_of_64_gets_all_done_with_a_tenth_more_requests_at_most"),
    },
    "429 quota_exhausted (also as 403), 401, 403, 504": {
        "sandbox": twins(
            "sandbox.test_refusals", "test_a_final_refusal_is_asked_for_once_by_any_call_and_billed_never"
        ),
        "raw": twins("calls.test_calls", "test_what_cannot_get_better_is_tried_once"),
        "without a whole body": twins("calls.test_calls", "test_a_refusal_counts_even_where_its_body_cannot_be_read"),
        "a hook or auth that raises for it": twins(
            "network.test_http_client_defaults",
            "test_a_refusal_for_which_a_hook_or_auth_raises_is_the_api_s_own",
            "test_a_refusal_that_a_hook_has_not_read_is_told_by_its_status",
        ),
    },
    "proxy": {
        "none before the sandbox": twins(
            "sandbox.test_proxies",
            "test_the_settings_that_the_command_prints_are_enough",
            "test_keys_and_tokens_of_the_sandbox_are_enough",
            "test_the_proxy_with_faults_is_reached",
            "test_only_the_sandbox_on_this_machine_goes_past_the_proxy",
            "test_a_proxy_that_is_given_is_gone_through",
        ),
        "environment": twins("calls.test_calls", "test_the_proxy_of_the_environment_is_used"),
        "argument": twins(
            "network.test_proxies",
            "test_a_proxy_is_gone_through_and_its_connection_kept",
            "test_an_argument_goes_before_the_environment_and_no_proxy_before_that",
        ),
        "socks": twins(
            "network.test_proxies",
            "test_a_socks_proxy_is_gone_through",
            "test_a_socks_proxy_gets_its_password",
            "test_a_socks_proxy_that_wants_another_password_says_so_once",
            "test_a_socks_proxy_that_cannot_reach_the_host_is_asked_again",
            "test_what_is_no_socks_proxy_is_a_clear_error",
        ),
        "over TLS": twins("network.test_proxies", "test_a_proxy_over_tls_is_gone_through_and_its_connection_kept"),
        "dripping": [
            *twins("network.test_proxies", "test_what_drips_through_a_proxy_does_not_outlive_its_time"),
            *twins("network.test_tls", "test_tls_that_drips_through_a_proxy_does_not_outlive_its_time"),
        ],
        "silent": twins("network.test_proxies", "test_a_proxy_that_says_nothing_does_not_outlive_the_time_either"),
        "socks without its extra": twins(
            "network.test_proxies", "test_without_its_extra_a_socks_proxy_is_a_clear_error"
        ),
        "407": twins("network.test_proxies", "test_a_proxy_that_wants_a_password_says_so_once"),
        "502": twins("network.test_proxies", "test_a_proxy_that_cannot_reach_the_host_is_asked_again"),
        "no proxy's URL": twins(
            "network.test_proxies", "test_what_is_no_proxy_is_refused_without_telling_its_password"
        ),
    },
    "all connections are busy": {
        "the error names the limit": twins(
            "network.test_proxies", "test_when_all_connections_are_busy_the_error_names_the_limit"
        ),
        "in the pool": twins("network.test_pool", "test_beyond_the_limit_a_request_waits_and_then_says_so"),
    },
    "mid-stream drop at any byte": {
        "in order or not": twins("streams.test_streams", "test_a_stream_cut_at_any_byte_is_never_a_silent_success"),
        "reset": twins("streams.test_streams", "test_a_reset_in_the_middle_keeps_the_text"),
        "the second time": twins("streams.test_streams", "test_what_broke_is_no_success_the_second_time_either"),
        "sandbox": twins("sandbox.test_magic", "test_a_stream_breaks_where_it_was_asked_to"),
    },
    "silent stream": {
        "pings do not count": twins(
            "streams.test_streams", "test_a_silent_stream_times_out_and_pings_do_not_count_as_events"
        ),
        "each event has its own time": twins(
            "streams.test_streams", "test_each_event_has_its_own_time_but_a_deadline_bounds_the_whole"
        ),
    },
    "odd events of a stream": {
        "all, sandbox": twins("sandbox.test_sandbox", "test_every_stream_fault_can_be_asked_for"),
        "error event": twins(
            "streams.test_streams", "test_an_error_event_is_given_out_and_until_done_raises_its_class"
        ),
        "missing completion": twins("streams.test_streams", "test_done_without_a_completion_is_an_interruption"),
        "events after completion": twins(
            "streams.test_streams", "test_what_comes_after_a_completion_is_given_and_changes_nothing"
        ),
        "unknown event": twins("streams.test_streams", "test_an_unknown_event_is_given_out"),
        "malformed event": twins(
            "streams.test_streams", "test_a_broken_event_raises_with_the_frame_and_the_text_so_far"
        ),
        "[DONE], pings, framing": twins("streams.test_streams", "test_frames_are_read_as_the_standard_says"),
    },
    "a stream that unfolds": {
        "deadline": twins("streams.test_unfolding_streams", "test_the_deadline_is_kept_whatever_a_stream_unfolds_into"),
        "time for the next event": twins(
            "streams.test_unfolding_streams", "test_the_time_for_the_next_event_is_kept_too"
        ),
        "the event loop": [
            Proof(
                "async",
                "tests._async.streams.test_unfolding_streams",
                "test_other_tasks_go_on_whatever_a_stream_unfolds_into",
            )
        ],
        "size as a whole": twins(
            "streams.test_unfolding_streams", "test_the_largest_answer_counts_for_a_stream_as_a_whole"
        ),
        "memory": twins(
            "streams.test_unfolding_streams",
            "test_a_stream_in_tiny_chunks_takes_a_small_multiple_of_its_bytes",
            "test_an_answer_in_tiny_chunks_takes_a_small_multiple_of_its_bytes",
        ),
        "after the end": twins(
            "streams.test_streams", "test_a_stream_is_read_on_after_its_end_for_a_while_and_no_longer"
        ),
        "framing": pure(
            "turn.test_frames",
            "test_many_lines_without_an_event_are_read_in_small_parts",
            "test_what_is_not_complete_takes_little_more_memory_than_its_bytes",
        ),
    },
    # The benchmarks check that its time is linear.
    "4 MiB event in 1 KiB chunks": {
        "read; above 8 MiB cut off": twins(
            "streams.test_streams", "test_a_large_event_in_small_chunks_is_read_and_a_huge_one_cut_off"
        ),
        "sandbox": twins(
            "sandbox.test_magic",
            "test_what_only_looks_odd_changes_nothing_of_what_is_read",
            "test_an_event_above_the_limit_of_the_sdk_ends_the_stream_and_keeps_its_text",
        ),
    },
    "errors, models, clients through pickle, copy, process pools": {
        "errors": [
            *twins("calls.test_secrets", "test_a_failure_tells_no_key_logs_no_words_and_survives_pickle_and_copies"),
            *pure("wire.test_model", "test_every_error_survives_pickle_and_copies"),
        ],
        "models": [
            *chosen("network.test_process_pools", "test_an_answer_comes_back_from_another_process_whole"),
            *pure("wire.test_model", "test_copies_and_pickles_keep_everything"),
            *pure("wire.test_model", "test_every_model_survives_json_pickle_and_deepcopy"),
            *pure("wire.test_any_answer", "test_an_answer_that_breaks_the_contract_can_be_used_in_silence"),
        ],
        "clients": twins(
            "calls.test_calls",
            "test_a_client_survives_pickle_and_copies",
            "test_a_child_of_a_copied_client_works_like_any_other",
        ),
        "clients for each task": pure(
            "network.test_unpickled_clients",
            "test_the_tasks_of_a_worker_share_a_connection",
            "test_the_tasks_of_one_event_loop_share_a_connection",
            "test_threads_that_unpickle_at_once_get_one_client",
        ),
        "process pools": chosen(
            "network.test_process_pools",
            "test_an_error_comes_back_from_another_process_whole",
            "test_a_broken_answer_comes_back_from_another_process_with_what_fits",
        ),
    },
    "early hints 103, HTTP/1.0, no content-length": {
        "calls": twins("calls.test_broken_answers", "test_odd_but_correct_http_is_read"),
        "in the pool": twins("network.test_pool", "test_every_form_of_an_answer_is_read"),
    },
    "a model of the user's with defaults, a subclass of ours, models inside free objects": {
        "sent": twins(
            "calls.test_values_sent",
            "test_a_turn_is_sent_with_the_defaults_of_the_callers_class_the_same_each_time",
            "test_models_in_keywords_are_sent_with_their_defaults",
            "test_the_pages_of_a_callers_query_keep_its_defaults",
        ),
        "any model": pure(
            "wire.test_foreign_models",
            "test_any_model_is_sent_as_its_serializer_gives_it_less_each_none_that_nobody_set",
            "test_any_subclass_of_ours_is_sent_as_its_serializer_gives_it",
        ),
        "refused by name": [
            *twins("calls.test_values_sent", "test_a_value_that_is_no_json_is_refused_by_name_and_nothing_is_sent"),
            *pure("wire.test_values", "test_a_model_and_a_call_accept_and_refuse_the_same"),
        ],
    },
    "bytes behind an answer": {
        "behind answers, refusals and streams": twins(
            "network.test_bytes_behind_answers",
            "test_what_comes_behind_an_answer_is_never_the_answer_of_the_next_call",
            "test_what_comes_behind_a_refusal_is_never_the_answer_of_the_next_call",
            "test_what_comes_behind_a_stream_is_never_the_answer_of_the_next_call",
        ),
        "a 204 or HEAD with a body": twins(
            "network.test_bytes_behind_answers",
            "test_a_body_that_must_not_be_there_is_never_the_answer_of_the_next_call",
        ),
        "any framing, any split": pure(
            "wire.test_http1",
            "test_a_response_ends_where_its_head_says_and_the_rest_is_never_part_of_it",
            "test_any_bytes_in_any_parts_are_read_as_h11_reads_them",
        ),
    },
    "Content-Encoding none, identity, utf-8; two equal Content-Types": {
        "read": twins(
            "calls.test_broken_answers",
            "test_an_answer_with_an_encoding_that_is_none_is_read",
            "test_a_second_content_type_of_a_gateway_does_no_harm",
        ),
        "refused with its bytes": twins(
            "calls.test_broken_answers", "test_an_answer_that_cannot_be_decoded_keeps_its_bytes"
        ),
    },
    "TLS closed without close_notify where closing ends the body": {
        "no half file": twins("network.test_tls", "test_a_file_that_ends_with_a_cut_connection_is_no_whole_file"),
        "no lost answer": twins(
            "network.test_tls", "test_an_answer_that_ends_with_the_connection_and_no_word_of_tls_is_not_lost"
        ),
    },
    "DNS that does not answer; NAT that forgets a connection": {
        "names": [
            Proof(
                "sync",
                "tests.network.test_aio_and_threads",
                "test_a_name_server_that_does_not_answer_costs_no_more_than_the_time_of_the_call",
            ),
            Proof(
                "async",
                "tests.network.test_aio_and_threads",
                "test_a_name_server_that_does_not_answer_is_left_by_the_loop",
            ),
        ],
        "keep-alive": apart(
            "network.test_aio_and_threads",
            sync="test_the_system_keeps_the_connections_of_threads_alive",
            asynchronous="test_the_system_keeps_the_connections_of_event_loops_alive",
        ),
    },
    "a middleware of the caller's": {
        "fails, or answers nonsense": twins(
            "calls.test_middleware",
            "test_a_middleware_that_fails_gives_a_clear_error_and_sends_nothing_twice",
            "test_an_answer_of_a_middleware_is_validated_like_any_answer",
        ),
        "is slow": twins(
            "calls.test_middleware",
            "test_a_slow_middleware_ends_its_attempt_before_anything_is_sent",
            "test_an_answer_that_has_arrived_is_not_lost_to_a_slow_middleware",
        ),
        "sends twice": twins(
            "calls.test_middleware",
            "test_next_may_be_called_again_only_where_a_second_request_costs_nothing",
            "test_a_turn_that_timed_out_is_not_sent_again_by_a_middleware",
        ),
    },
    "a function that gives the key": {
        "fails": twins(
            "calls.test_key_functions",
            "test_a_function_that_fails_is_told_without_the_secrets_in_its_variables",
            "test_a_wrong_key_of_the_function_is_told_before_anything_is_sent",
        ),
    },
    "mock libraries": {
        "stopped by them": chosen(
            "network.test_interception",
            "test_pytest_httpx_answers_in_place_of_the_server",
            "test_vcrpy_records_once_and_then_answers_by_itself",
            "test_no_network_makes_every_real_connection_an_error",
            sync="ask_sync",
            asynchronous="ask_async",
        ),
    },
}
