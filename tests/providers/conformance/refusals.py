"""Errors, as the servers of the world send them; an empty class stops the run."""

from __future__ import annotations

from tests.providers.conformance.rows import Row, error

QUOTA = "You exceeded your current quota, please check your plan and billing details."
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.02s"}

REFUSALS = (
    Row(
        "OpenAI",
        "a wrong key",
        "",
        error="key refused",
        status=401,
        body=error("Incorrect API key provided: sk-ab***yz.", code="invalid_api_key"),
    ),
    Row(
        "OpenAI",
        "an unknown model",
        "",
        error="does not know the model",
        status=404,
        body=error("The model `m` does not exist", code="model_not_found"),
    ),
    Row(
        "OpenAI",
        "nothing left to pay with",
        "",
        error="quota",
        status=429,
        body=error(QUOTA, code="insufficient_quota"),
    ),
    Row(
        "OpenAI",
        "too many at once",
        "rate_limited",
        error="answered 429: slow down",
        calls=10,
        status=429,
        headers={"retry-after-ms": "1"},
        body=error("slow down", code="rate_limit"),
    ),
    Row(
        "OpenAI",
        "a refused option",
        "",
        error="refuses the parameter temperature",
        status=400,
        body=error("Unsupported value: 'temperature'", param="temperature"),
    ),
    Row(
        "OpenAI",
        "a prompt that is too long",
        "rejected",
        score=0.0,
        error="maximum context length",
        status=400,
        body=error(
            "This model's maximum context length is 8192 tokens.",
            param="messages",
            code="context_length_exceeded",
        ),
    ),
    Row(
        "OpenAI",
        "a wrong path",
        "",
        error="no chat completions at this address",
        status=404,
        body=error("Invalid URL (POST /v2/chat/completions)"),
    ),
    Row(
        "Azure",
        "the filter of the prompt",
        "filtered",
        score=0.0,
        status=400,
        body=error("The response was filtered", code="content_filter", param="prompt"),
    ),
    Row(
        "Azure",
        "an unknown deployment",
        "",
        error="does not know the model",
        status=404,
        body={"error": {"code": "DeploymentNotFound", "message": "It does not exist."}},
    ),
    Row(
        "Gemini",
        "a wrong key, in a list, by 400",
        "",
        error="key refused",
        status=400,
        body=[
            {"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}
        ],
    ),
    Row(
        "Gemini",
        "a limit by the minute",
        "rate_limited",
        error="exceeded your current quota",
        calls=10,
        status=429,
        body=[
            {
                "error": {
                    "code": 429,
                    "message": QUOTA,
                    "status": "RESOURCE_EXHAUSTED",
                    "details": [RETRY],
                }
            }
        ],
    ),
    Row(
        "Gemini",
        "an unknown model, in a list",
        "",
        error="does not know the model",
        status=404,
        body=[
            {
                "error": {
                    "code": 404,
                    "message": "models/m is not found for API version v1main",
                    "status": "NOT_FOUND",
                }
            }
        ],
    ),
    Row(
        "Mistral",
        "a wrong key",
        "",
        error="key refused",
        status=401,
        body={"detail": "Unauthorized"},
    ),
    Row(
        "Mistral",
        "a refused option",
        "",
        error="refuses the parameter top_k: Extra inputs",
        status=422,
        body={
            "object": "error",
            "message": {
                "detail": [
                    {
                        "type": "extra_forbidden",
                        "loc": ["body", "top_k"],
                        "msg": "Extra inputs are not",
                    }
                ]
            },
        },
    ),
    Row(
        "Mistral",
        "an unknown model",
        "",
        error="does not know the model",
        status=400,
        body={
            "object": "error",
            "message": "Invalid model: m",
            "type": "invalid_model",
            "code": "1500",
        },
    ),
    Row(
        "OpenRouter",
        "what the provider behind it said",
        "provider_error",
        calls=5,
        error="Provider returned error; engine overloaded",
        status=502,
        body={
            "error": {
                "message": "Provider returned error",
                "code": 502,
                "metadata": {"raw": '{"error":{"message":"engine overloaded"}}'},
            }
        },
    ),
    Row(
        "OpenRouter",
        "no credits",
        "",
        error="quota",
        status=402,
        body={"error": {"message": "Insufficient credits", "code": 402}},
    ),
    Row(
        "OpenRouter",
        "a flagged input",
        "provider_error",
        error="your input was flagged",
        status=403,
        body={"error": {"message": "your input was flagged", "code": 403}},
    ),
    Row(
        "OpenRouter",
        "an unknown model",
        "",
        error="does not know the model",
        status=400,
        body={"error": {"message": "m is not a valid model ID", "code": 400}},
    ),
    Row(
        "Groq",
        "an unknown model",
        "",
        error="does not know the model",
        status=404,
        body=error(
            "The model `m` does not exist or you do not have access to it.", code="model_not_found"
        ),
    ),
    Row(
        "vLLM",
        "an unknown model",
        "",
        error="does not know the model",
        status=404,
        body={
            "object": "error",
            "message": "The model `m` does not exist.",
            "code": 404,
            "type": "NotFoundError",
            "param": None,
        },
    ),
    Row(
        "vLLM",
        "a wrong path",
        "",
        error="no chat completions at this address",
        status=404,
        body={"detail": "Not Found"},
    ),
    Row(
        "llama.cpp",
        "still loading",
        "provider_error",
        error="Loading model",
        calls=5,
        status=503,
        body={"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
    ),
    Row(
        "llama.cpp",
        "a wrong path",
        "",
        error="no chat completions at this address",
        status=404,
        body={"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}},
    ),
    Row(
        "Ollama",
        "an unknown model",
        "",
        error="does not know the model",
        status=404,
        body={"error": {"message": 'model "m" not found, try pulling it first'}},
    ),
    Row(
        "Ollama",
        "a wrong path",
        "",
        error="no chat completions at this address",
        status=404,
        body=b"404 page not found",
    ),
    Row(
        "LM Studio",
        "no model is loaded",
        "",
        error="does not know the model",
        status=404,
        body={"error": {"message": "No models loaded. Please load a model."}},
    ),
    Row(
        "DeepSeek",
        "an empty account",
        "",
        error="quota",
        status=402,
        body=error("Insufficient Balance"),
    ),
    Row(
        "DeepSeek",
        "an unknown model",
        "",
        error="does not know the model",
        status=400,
        body=error("Model Not Exist"),
    ),
    Row(
        "GLM",
        "a wrong key",
        "",
        error="key refused",
        status=401,
        body={"error": {"code": "1000", "message": "身份验证失败。"}},
    ),
    Row(
        "GLM",
        "an empty account",
        "",
        error="quota",
        status=429,
        body={"error": {"code": "1113", "message": "您的账户已欠费"}},
    ),
    Row(
        "some proxy",
        "a page in place of an answer",
        "provider_error",
        calls=5,
        status=502,
        error="answered 502: Bad gateway",
        body=b"<html><head><title>Bad gateway</title></head><body>nginx</body></html>",
    ),
)
