//! `sandbox import prices`: from a price list to a scenario that runs.

use std::fs;

use crate::bench::{Bench, repository};

fn bench() -> Bench {
    let bench = Bench::new();
    for file in ["litellm.json", "openrouter-models.json", "openrouter-endpoints.json"] {
        let text = fs::read_to_string(repository().join("fixtures/prices").join(file)).expect("a fixture");
        bench.write(file, &text);
    }
    bench
}

#[test]
fn litellm_s_prices_are_exact_and_have_their_step() {
    let ended = bench().sandbox("import prices litellm.json --model SONNET-4-5").expect(0);
    assert_eq!(
        ended.out,
        "// claude-sonnet-4-5 (anthropic), prompts up to 200000 tokens\n\
         price: (input: \"$3/M\", cached: \"$0.3/M\", output: \"$15/M\", \
         steps: [(above: 200000, input: \"$6/M\", cached: \"$0.6/M\", output: \"$22.5/M\")]),\n"
    );
    assert_eq!(ended.err, "");
}

#[test]
fn openrouter_s_endpoints_and_models_are_told_apart() {
    let bench = bench();
    let ended = bench.sandbox("import prices openrouter-endpoints.json --model v4-pro").expect(0);
    assert_eq!(
        ended.out,
        "// deepseek/deepseek-v4-pro at DeepSeek\n\
         price: (input: \"$0.435/M\", cached: \"$0.003625/M\", output: \"$0.87/M\"),\n\
         // deepseek/deepseek-v4-pro at SiliconFlow\n\
         price: (input: \"$1.6/M\", cached: \"$0.135/M\", output: \"$3.135/M\"),\n"
    );
    let ended = bench.sandbox("import prices openrouter-models.json --model e --out prices.txt").expect(0);
    assert_eq!(ended.out, "");
    let written = bench.read("prices.txt");
    assert!(written.contains("price: (input: \"$1.416/M\", output: \"$2.832/M\"),"), "{written}");
    // What has no price, or none that anyone knows, is never free.
    for note in ["example/free", "example/router", "no price of cached tokens"] {
        assert!(ended.err.contains(note), "{}", ended.err);
    }
    assert_eq!(written.matches("price:").count(), 1);
}

#[test]
fn an_unknown_price_is_not_zero_and_an_unknown_model_gets_a_hint() {
    let bench = bench();
    let ended = bench.sandbox("import prices litellm.json --model knows").expect(3);
    assert!(ended.err.contains("has no price") && ended.err.contains("not zero"), "{}", ended.err);
    let ended = bench.sandbox("import prices litellm.json --model gpt").expect(3);
    assert!(ended.err.contains("models here: claude-sonnet-4-5, deepseek/deepseek-chat"), "{}", ended.err);
    bench.write("broken.json", "{\n  \"a\": [1,\n}");
    let ended = bench.sandbox("import prices broken.json --model a").expect(3);
    assert!(ended.err.contains("broken.json:3:1") && ended.err.contains("hint"), "{}", ended.err);
    bench.sandbox("import prices nowhere.json --model a").expect(1);
}

#[test]
fn what_is_imported_is_pasted_and_runs() {
    let bench = bench();
    let ended = bench.sandbox("import prices litellm.json --model deepseek-chat").expect(0);
    let block = ended.out.lines().last().expect("a block");
    bench.edit("quick.ron", "price: (input: \"$0.27/M\", output: \"$1.10/M\"),", block);
    let ended = bench
        .sandbox("run quick.ron --out run --set duration=2m --set weather.script=[] --set objectives=[]");
    ended.expect(0);
    let written = bench.read("run/scenario.ron");
    assert!(written.contains("cached: \"$0.028/M\""), "{written}");
}
