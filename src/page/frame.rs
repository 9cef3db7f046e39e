//! The frame of all pages.

use crate::generate;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// Marks a page that should have been rewritten by now. The browser takes the time of the file for
/// `lastModified`; a server that does not send it makes the page look fresh, which does no harm.
const STALE: &str = "if (Date.now() - Date.parse(document.lastModified) > 60000) \
                     document.documentElement.classList.add('stale');";

/// A page with this title and body.
pub fn frame(title: &str, body: Markup) -> String {
    document(title, None, None, body)
}

/// The same with a script of our own, which runs once the body is there.
pub fn scripted_frame(title: &str, script: &'static str, body: Markup) -> String {
    document(title, None, Some(script), body)
}

/// The same for a page that is rewritten while something runs: a browser loads it again after so
/// many seconds, and shows elements of class `if-stale` if it has not been rewritten for a minute.
pub fn live_frame(title: &str, seconds: u32, body: Markup) -> String {
    document(title, Some(seconds), None, body)
}

fn document(
    title: &str,
    refresh: Option<u32>,
    script: Option<&'static str>,
    body: Markup,
) -> String {
    let permitted = match refresh.is_some() || script.is_some() {
        true => " script-src 'unsafe-inline';",
        false => "",
    };
    let policy = format!("default-src 'none'; style-src 'unsafe-inline';{permitted}");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="referrer" content="no-referrer";
                @if let Some(seconds) = refresh {
                    meta http-equiv="refresh" content=(seconds);
                }
                title { (super::line(title)) }
                style { (PreEscaped(STYLE)) }
                @if refresh.is_some() {
                    script { (PreEscaped(STALE)) }
                }
            }
            body {
                main { (body) }
                footer { "gcdiff " (generate::version()) }
                @if let Some(script) = script {
                    script { (PreEscaped(script)) }
                }
            }
        }
    };
    page.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_loads_nothing_and_has_no_script_but_its_own() {
        let body = || html! { p { "text" } };
        let (still, live) = (frame("<b>&", body()), live_frame("t", 5, body()));
        let scripted = scripted_frame("t", "let a = 1 < 2;", body());
        assert!(scripted.contains("<script>let a = 1 < 2;</script>"));
        for page in [&still, &live, &scripted] {
            for loads in ["http://", "https://", "src=", "<link", "@import", "url("] {
                assert!(!page.contains(loads), "{loads}");
            }
            assert!(page.contains("<p>text</p>") && page.contains("default-src 'none'"));
            assert!(page.contains(&format!("gcdiff {}", generate::version())));
        }
        assert!(still.contains("<title>&lt;b&gt;&amp;</title>"));
        assert!(!still.contains("<script") && !still.contains("http-equiv=\"refresh\""));
        assert!(live.contains("<meta http-equiv=\"refresh\" content=\"5\">"));
        assert_eq!(live.matches("<script").count(), 1);
    }
}
