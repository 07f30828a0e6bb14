"""Every page a person can open, for the tests that look at all of them."""

COURSE = "us-iraq-relations"
LESSON = "after-the-invasion"

# Open to anybody.
PUBLIC = [
    "/",
    f"/courses/{COURSE}/",
    f"/courses/{COURSE}/{LESSON}/",
    f"/courses/{COURSE}/a-new-political-order/",
    f"/courses/{COURSE}/{LESSON}/practice/",
    f"/courses/{COURSE}/glossary/",
    f"/courses/{COURSE}/timeline/",
    f"/courses/{COURSE}/search/",
    f"/courses/{COURSE}/search/?q=council",
    f"/quizzes/{COURSE}/quiz-after-the-invasion/",
    f"/quizzes/{COURSE}/final/",
    "/progress/",
    "/review/",
    "/about/",
    "/privacy/",
    "/accounts/sign-in/",
    "/accounts/sign-up/",
    "/no-such-page/",
]
# For a learner with an account.
LEARNER = [
    "/",
    "/review/",
    "/review/mistakes/",
    "/progress/",
    "/marks/",
    "/accounts/profile/",
    "/accounts/notices/",
    "/join/",
    "/classes/",
]
# For an instructor; {cohort}, {student}, {question} and the like are filled in by the test.
INSTRUCTOR = [
    "/teach/",
    "/teach/{cohort}/",
    "/teach/{cohort}/students/{student}/",
    "/admin/",
    "/admin/content/course/",
    "/admin/content/lesson/",
    "/admin/content/lesson/{lesson}/change/",
    "/admin/content/question/",
    "/admin/content/question/add/?kind=single_choice",
    "/admin/content/question/{question}/change/",
    "/admin/content/question/{question}/history/",
    "/admin/content/questionimport/",
    "/admin/content/questionimport/add/",
    "/admin/content/questionimport/files/{upload}/",
    "/admin/content/questionimport/{imported}/change/",
    "/admin/content/questionimport/export/{course}/",
    "/admin/classes/cohort/",
    "/admin/classes/cohort/add/",
]
