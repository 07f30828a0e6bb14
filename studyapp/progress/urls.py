from django.urls import path

from studyapp.progress import views, views_plan, views_teaching

app_name = "progress"
urlpatterns = [
    path("progress/", views.mine, name="mine"),
    path("progress/plan/", views_plan.plans, name="plans"),
    path("progress/plan/<slug:course>/", views_plan.plan, name="plan"),
    path("teach/", views_teaching.teach, name="teach"),
    path("teach/<int:cohort>/", views_teaching.teach_class, name="cohort"),
    path("teach/<int:cohort>/table.csv", views_teaching.teach_class_csv, name="cohort_csv"),
    path("teach/<int:cohort>/table.xlsx", views_teaching.teach_class_xlsx, name="cohort_xlsx"),
    path("teach/<int:cohort>/students/<int:student>/", views_teaching.teach_learner, name="student"),
    path(
        "teach/<int:cohort>/students/<int:student>/answers.csv",
        views_teaching.teach_learner_csv,
        name="student_csv",
    ),
]
