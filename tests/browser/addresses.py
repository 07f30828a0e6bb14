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
    f"/progress/plan/{COURSE}/",
    "/review/",
    "/about/",
    "/privacy/",
    "/accounts/sign-in/",
    "/accounts/sign-up/",
    "/accounts/reset/",
    "/no-such-page/",
]
# For a learner with an account.
LEARNER = [
    "/",
    "/review/",
    "/review/mistakes/",
    "/progress/",
    f"/progress/plan/{COURSE}/",
    "/marks/",
    "/accounts/profile/",
    "/accounts/notices/",
    "/join/",
    "/classes/",
]
# For an instructor; {cohort}, {student}, {question}, {lesson} and {quiz} are filled in by the test.
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
    "/admin/content/term/",
    "/admin/content/term/{term}/change/",
    "/admin/content/term/{term}/history/",
    "/admin/content/event/",
    "/admin/content/work/",
    "/admin/content/figure/",
    "/admin/content/figure/{figure}/change/",
    "/admin/content/course/{course}/change/",
    "/admin/content/course/{course}/history/",
    "/admin/content/asset/add/",
    "/admin/quizzes/quiz/",
    "/admin/quizzes/quiz/add/",
    "/admin/quizzes/quiz/{quiz}/change/",
    "/admin/classes/cohort/",
    "/admin/classes/cohort/add/",
]
