//! The pages in a browser.

use super::{CANARY, campaign, check};
use crate::browser::Browser;
use crate::common::Scratch;

#[test]
fn a_browser_shows_the_pages_in_light_and_dark() {
    let Some(browser) = Browser::find("report") else {
        return;
    };
    // Without blanks, which an address of a file would need to have encoded.
    let scratch = Scratch::new("report-browser");
    let ran = campaign(&scratch, &CANARY);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let finding = check(&scratch).remove(0);
    let index = scratch.join("report/index.html").canonicalize().unwrap();
    for (page, wanted) in [(&index, "<h2 id=\"events\">"), (&finding, "class=\"hit")] {
        let dom = browser.check(page);
        assert!(dom.contains(wanted), "{dom}");
    }
}
